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

#include "slips/detail/module_checks.hpp"
#include "slips/detail/receiver.hpp"
#include "slips/generation.hpp"
#include "slips/impl/wire/decode.hpp"
#include "slips/message.hpp"
#include "slips/module.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Owns one message of each type D hears, and reuses it.
template <class D>
class Dispatcher final : public Receiver {
    static_assert(check_module<D>());

public:
    explicit Dispatcher(D& module) : module_(module) {}

    /// The typed channels, of both generations: which one it is may not be known yet. Then those subscribed to by name.
    std::vector<std::string> channels() const override {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < typed; ++i) names.emplace_back(routes.all[i].name);
        for (const std::string& name : module_.subscribed())
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
        return names;
    }

    /// Any module may publish any text on a channel without a type.
    bool is_foreign_text(std::size_t channel) const override { return channel >= typed || routes.all[channel].is_foreign_text; }

    std::optional<Received> decode(std::size_t channel, std::string_view payload, wire::DecodeError& error) override {
        if (channel >= typed) return decode_raw(module_.subscribed()[raw_index(channel)], payload);
        const Route& route = routes.all[channel];
        slot_ = payload.starts_with('{') ? route.object : route.text;
        if (slot_ < slots) return decoders[slot_](*this, payload, error);
        // what the other generation publishes under this name
        const auto& wanted = module_.subscribed();
        if (hears<D, RawMessage> && std::find(wanted.begin(), wanted.end(), route.name) != wanted.end())
            return decode_raw(route.name, payload);
        return Received{.surely_legacy = !payload.starts_with('{'), .of_no_use = true};
    }

    void handle(std::size_t channel) override {
        if (channel < typed && slot_ < slots) return handlers[slot_](*this);
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
    static constexpr std::size_t slots = std::tuple_size_v<Slots>;

    /// Where the messages of a channel go. The two differ where the generations publish different things under one name.
    struct Route {
        std::string_view name{};
        std::size_t object = slots;
        std::size_t text = slots;
        bool is_foreign_text = false;
    };
    struct Routes {
        std::array<Route, 2 * slots> all{};
        std::size_t count = 0;

        template <class M>
        constexpr void add(std::size_t slot, Generation generation) {
            const std::string_view name = channel_of<M>(generation);
            if (name.empty()) return;
            std::size_t at = 0;
            while (at < count && all[at].name != name) ++at;
            if (at == count) all[count++].name = name;
            // what the other generation publishes there comes to this module as well
            if (requires { M::is_foreign_text; } || wire::is_ambiguous(name)) all[at].is_foreign_text = true;
            if (!wire::is_ambiguous(name)) all[at].object = all[at].text = slot;
            else if (generation == Generation::current) all[at].object = slot;
            else all[at].text = slot;
        }
    };

    template <std::size_t I>
    static std::optional<Received> decode_one(Dispatcher& self, std::string_view payload, wire::DecodeError& error) {
        auto& message = std::get<I>(self.messages_);
        if (!wire::decode(payload, message, error, self.parser_)) return std::nullopt;
        Received received{.version = message.version};
        if constexpr (requires { message.flow.uid; }) received.uid = message.flow.uid;
        received.surely_legacy = message.version.empty() && wire::surely_legacy(message);
        return received;
    }
    template <std::size_t I>
    static void handle_one(Dispatcher& self) {
        self.module_.on(std::as_const(std::get<I>(self.messages_)));
    }

    template <std::size_t... I>
    static constexpr Routes make_routes(std::index_sequence<I...>) {
        Routes made;
        for ([[maybe_unused]] const Generation generation : {Generation::current, Generation::legacy})
            (made.template add<std::tuple_element_t<I, Slots>>(I, generation), ...);
        return made;
    }
    template <std::size_t... I>
    static constexpr auto make_decoders(std::index_sequence<I...>) {
        using Decode = std::optional<Received> (*)(Dispatcher&, std::string_view, wire::DecodeError&);
        return std::array<Decode, slots>{&decode_one<I>...};
    }
    template <std::size_t... I>
    static constexpr auto make_handlers(std::index_sequence<I...>) {
        using Handle = void (*)(Dispatcher&);
        return std::array<Handle, slots>{&handle_one<I>...};
    }

    static constexpr Routes routes = make_routes(std::make_index_sequence<slots>());
    static constexpr std::size_t typed = routes.count;
    static constexpr auto decoders = make_decoders(std::make_index_sequence<slots>());
    static constexpr auto handlers = make_handlers(std::make_index_sequence<slots>());

    std::optional<Received> decode_raw(std::string_view channel, std::string_view payload) {
        slot_ = slots;
        raw_.channel.assign(channel);
        wire::decode(payload, raw_, envelope_, parser_);
        return Received{envelope_.version, envelope_.flow.uid};  // any module may publish any text
    }

    /// Channels after the typed ones stand in the order of subscribe(), less those that are typed.
    std::size_t raw_index(std::size_t channel) const {
        std::size_t left = channel - typed;
        for (std::size_t i = 0; i < module_.subscribed().size(); ++i) {
            const bool is_typed = std::any_of(routes.all.begin(), routes.all.begin() + typed, [&](const Route& route) {
                return route.name == module_.subscribed()[i];
            });
            if (!is_typed && left-- == 0) return i;
        }
        return 0;
    }

    D& module_;
    wire::Parser parser_{};
    Slots messages_{};
    std::size_t slot_ = slots;  ///< of the message decoded last; `slots` when it is the raw one
    RawMessage raw_{};
    wire::Envelope envelope_{};
};

}  // namespace slips::inline SLIPS_SDK_ABI::detail
