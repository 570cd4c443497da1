// Dispatcher: from the channels of a session to the handlers of a module.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "slips/detail/decoder.hpp"
#include "slips/detail/module_checks.hpp"
#include "slips/detail/receiver.hpp"
#include "slips/generation.hpp"
#include "slips/message.hpp"
#include "slips/module.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Decodes each message into an object that it keeps for this type, and calls the handler of D.
template <class D>
class Dispatcher final : public Receiver {
    static_assert(check_module<D>());

public:
    explicit Dispatcher(D& module) : module_(module) {}

    /// Returns the typed channels of both generations, since the generation may not be known yet, then that of PerWindow, then
    /// those of subscribe().
    std::vector<std::string> channels() const override {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < typed; ++i) names.emplace_back(routes.all[i].name);
        if (reads_tw_closed()) names.emplace_back(TwClosed::channel);
        for (const std::string& name : module_.subscribed())
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
        return names;
    }

    /// Any module may publish any text on a channel without a type.
    bool is_foreign_text(std::size_t channel) const override {
        return channel < typed ? routes.all[channel].is_foreign_text : channel >= first_raw();
    }

    std::optional<Received> decode(std::size_t channel, std::string_view payload, wire::DecodeError& error) override {
        if (channel >= first_raw()) return decode_raw(module_.subscribed()[raw_index(channel)], payload);
        if (channel == typed) {  // tw_closed, for PerWindow
            const bool raw = wants_raw(TwClosed::channel) && decode_raw(TwClosed::channel, payload);
            const auto closed = decoder_.decode(payload, stored().closed, error);
            closes_ = closed.has_value();
            if (closes_ || !raw) return closed;
            error = {};  // a text like any other for on(const RawMessage&)
            return decode_raw(TwClosed::channel, payload);
        }
        const Route& route = routes.all[channel];
        slot_ = payload.starts_with('{') ? route.object : route.text;
        if (slot_ < slots) return decoders[slot_](*this, payload, error);
        // the message of the other generation on this channel
        if (wants_raw(route.name)) return decode_raw(route.name, payload);
        return Received{.surely_legacy = !payload.starts_with('{'), .is_other_generations = true};
    }

    void handle(std::size_t channel) override {
        if (channel < typed && slot_ < slots) return handlers[slot_](*this);
        if (channel != typed || channel >= first_raw() || !closes_) return handle_raw();
        then_close(stored().closed, [this] {
            if (wants_raw(TwClosed::channel)) handle_raw();
        });
    }

    void forget() override {
        stored_ = {};
        turn_ = 1 - turn_;  // the next message of the type is not read through the reference either
    }

    void on_gap(const Gap& gap) override { static_cast<ModuleBase&>(module_).on_gap(gap); }

    std::string problem(bool has_timers) const override {
        if (!handles<D, RawMessage> && channels().size() > first_raw())
            return "subscribe(\"" + channels()[first_raw()] +
                   "\") has no handler; write `void on(const slips::RawMessage& msg)`";
        if (handles<D, RawMessage> && channels().size() == first_raw() && !wants_raw(TwClosed::channel)) {
            if (module_.subscribed().empty())
                return "on(const slips::RawMessage&) has no channel; name a channel with subscribe() in init()";
            return module_.subscribed().front() +
                   " is passed to a handler of its own, so on(const slips::RawMessage&) has no channel; name another "
                   "channel with subscribe() in init(), or remove one of the handlers";
        }
        if (channels().empty() && !has_timers)
            return "the module subscribes to nothing and has no timer; write `void on(const slips::NewFlow& msg)`";
        return {};
    }

    bool has_handler(std::string_view channel, bool of_objects) const override {
        return std::any_of(routes.all.begin(), routes.all.begin() + typed, [&](const Route& route) {
            return route.name == channel && (of_objects ? route.object : route.text) < slots;
        });
    }

private:
    using Slots = HandledMessages<D>;
    static constexpr std::size_t slots = std::tuple_size_v<Slots>;

    /// Where the messages of a channel go. `object` and `text` differ where the generations publish different messages there.
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
            // the module also receives what the other generation publishes there
            if (requires { M::is_foreign_text; } || is_ambiguous(name)) all[at].is_foreign_text = true;
            if (!is_ambiguous(name)) all[at].object = all[at].text = slot;
            else if (generation == Generation::current) all[at].object = slot;
            else all[at].text = slot;
        }
    };

    template <std::size_t I>
    static std::optional<Received> decode_one(Dispatcher& self, std::string_view payload, wire::DecodeError& error) {
        return self.decoder_.decode(payload, std::get<I>(self.stored().typed), error);
    }
    template <std::size_t I>
    static void handle_one(Dispatcher& self) {
        const auto& message = std::as_const(std::get<I>(self.stored().typed));
        if constexpr (std::is_same_v<std::tuple_element_t<I, Slots>, TwClosed>)
            self.then_close(message, [&self, &message] { self.module_.on(message); });
        else self.module_.on(message);
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

    /// Returns whether channel `typed` is tw_closed: the module keeps windows, and has no handler of its own for it.
    bool reads_tw_closed() const { return module_.keeps_windows() && !handles<D, TwClosed>; }
    std::size_t first_raw() const { return typed + (reads_tw_closed() ? 1 : 0); }
    bool wants_raw(std::string_view channel) const {
        const auto& wanted = module_.subscribed();
        return handles<D, RawMessage> && std::find(wanted.begin(), wanted.end(), channel) != wanted.end();
    }

    /// Calls the handler of tw_closed, then removes the window from each PerWindow, also if the handler throws.
    template <class Call>
    void then_close(const TwClosed& closed, Call&& call) {
        try {
            call();
        } catch (...) {
            module_.close_window(closed.profileid, closed.twid);
            throw;
        }
        module_.close_window(closed.profileid, closed.twid);
    }

    void handle_raw() {
        if constexpr (handles<D, RawMessage>) module_.on(stored().raw);
    }

    std::optional<Received> decode_raw(std::string_view channel, std::string_view payload) {
        slot_ = slots;
        stored().raw.channel.assign(channel);
        return decoder_.decode_raw(payload, stored().raw);  // any module may publish any text
    }

    /// Returns the index within subscribe() calls of a channel behind the typed ones; typed ones are skipped.
    std::size_t raw_index(std::size_t channel) const {
        std::size_t left = channel - first_raw();
        for (std::size_t i = 0; i < module_.subscribed().size(); ++i) {
            const bool is_typed = std::any_of(routes.all.begin(), routes.all.begin() + typed, [&](const Route& route) {
                return route.name == module_.subscribed()[i];
            });
            const bool is_read = is_typed || (reads_tw_closed() && module_.subscribed()[i] == TwClosed::channel);
            if (!is_read && left-- == 0) return i;
        }
        return 0;
    }

    /// Where messages are decoded to.
    struct Stored {
        Slots typed{};
        RawMessage raw{};
        TwClosed closed{};  ///< for PerWindow, if the module has no handler for it
    };
    Stored& stored() { return stored_[turn_]; }

    D& module_;
    Decoder decoder_{};
    std::array<Stored, 2> stored_{};
    std::size_t turn_ = 0;      ///< changed by forget() only
    std::size_t slot_ = slots;  ///< of the message decoded last; `slots` for a RawMessage
    bool closes_ = false;       ///< stored().closed is the message decoded last
};

}  // namespace slips::inline SLIPS_SDK_ABI::detail
