// From a session's channels to a module's handlers.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "slips/message.hpp"
#include "slips/module.hpp"
#include "slips/module_checks.hpp"
#include "slips/session/receiver.hpp"
#include "slips/version.hpp"
#include "slips/wire/decode.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Owns one message of each type D hears, and reuses it.
template <class D>
class Dispatcher final : public Receiver {
    static_assert(check_module<D>());

public:
    explicit Dispatcher(D& module) : module_(module) {}

    /// The typed channels, then those subscribed to by name.
    std::vector<std::string> channels() const override {
        std::vector<std::string> names(typed_names.begin(), typed_names.end());
        for (const std::string& name : module_.subscribed())
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
        return names;
    }

    std::optional<Received> decode(std::size_t channel, std::string_view payload, wire::DecodeError& error) override {
        if (channel < typed) return decoders[channel](*this, payload, error);
        raw_.channel = module_.subscribed()[raw_index(channel)];
        wire::decode(payload, raw_, envelope_);
        return Received{envelope_.version, envelope_.flow.uid, false};  // any module may publish any text
    }

    void handle(std::size_t channel) override {
        if (channel < typed) return handlers[channel](*this);
        if constexpr (hears<D, RawMessage>) module_.on(raw_);
    }

    void on_gap(const Gap& gap) override { static_cast<ModuleBase&>(module_).on_gap(gap); }

    /// What is wrong with the subscriptions, which are known only after init(). Empty: nothing.
    std::string problem(bool has_timers) const {
        if (!hears<D, RawMessage> && channels().size() > typed)
            return "subscribe(\"" + channels()[typed] + "\") has no handler; write `void on(const slips::RawMessage& msg)`";
        if (hears<D, RawMessage> && channels().size() == typed)
            return "on(const slips::RawMessage&) hears nothing; name a channel with subscribe() in init()";
        if (channels().empty() && !has_timers)
            return "the module hears nothing and has no timer; write `void on(const slips::NewFlow& msg)`";
        return {};
    }

private:
    using Slots = Heard<D>;
    static constexpr std::size_t typed = std::tuple_size_v<Slots>;

    template <std::size_t I>
    static std::optional<Received> decode_one(Dispatcher& self, std::string_view payload, wire::DecodeError& error) {
        auto& message = std::get<I>(self.slots_);
        if (!wire::decode(payload, message, error)) return std::nullopt;
        Received received{message.version, {}, false};
        if constexpr (requires { message.flow.uid; }) received.uid = message.flow.uid;
        received.surely_legacy = message.version.empty() && wire::surely_legacy(message);
        return received;
    }
    template <std::size_t I>
    static void handle_one(Dispatcher& self) {
        self.module_.on(std::as_const(std::get<I>(self.slots_)));
    }

    template <std::size_t... I>
    static constexpr auto make_names(std::index_sequence<I...>) {
        return std::array<std::string_view, typed>{std::tuple_element_t<I, Slots>::channel...};
    }
    template <std::size_t... I>
    static constexpr auto make_decoders(std::index_sequence<I...>) {
        using Decode = std::optional<Received> (*)(Dispatcher&, std::string_view, wire::DecodeError&);
        return std::array<Decode, typed>{&decode_one<I>...};
    }
    template <std::size_t... I>
    static constexpr auto make_handlers(std::index_sequence<I...>) {
        using Handle = void (*)(Dispatcher&);
        return std::array<Handle, typed>{&handle_one<I>...};
    }

    static constexpr auto typed_names = make_names(std::make_index_sequence<typed>());
    static constexpr auto decoders = make_decoders(std::make_index_sequence<typed>());
    static constexpr auto handlers = make_handlers(std::make_index_sequence<typed>());

    /// Channels after the typed ones stand in the order of subscribe(), less those that are typed.
    std::size_t raw_index(std::size_t channel) const {
        std::size_t left = channel - typed;
        for (std::size_t i = 0; i < module_.subscribed().size(); ++i) {
            const bool is_typed = std::find(typed_names.begin(), typed_names.end(), module_.subscribed()[i]) != typed_names.end();
            if (!is_typed && left-- == 0) return i;
        }
        return 0;
    }

    D& module_;
    Slots slots_{};
    RawMessage raw_{};
    wire::Envelope envelope_{};
};

}  // namespace slips::inline SLIPS_SDK_ABI::detail
