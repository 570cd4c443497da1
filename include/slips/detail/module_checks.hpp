// What is known about a module at compile time: the messages it handles, its hooks, and one sentence that names the remedy
// if something is wrong.
//
// Which handlers are accepted, by g++ 12 and clang 14 alike (tests/compile_ok, tests/compile_fail):
//
//   void on(const NewFlow&)                       accepted; may be const, may be inherited, the class may be final
//   void on(NewFlow)                              accepted; a copy each time
//   template <class M> requires … void on(const M&)   accepted for the messages that the constraint allows
//   void on(NewFlow&), void on(NewFlow&&)         refused, also beside a good one
//   void on(const auto&), on(const Conn&) and the like   refused, also beside a good one
//   private, of a foreign type, without parameter, on(NewFlow) and on(const NewFlow&) both
//                                                 refused if there is no other; beside a good one it is not
//                                                 detected and never called: the start line shows the channels
//   a final class without any good one            detected only if it has no hook either
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "slips/detail/evidence_rules.hpp"
#include "slips/evidence.hpp"
#include "slips/flow.hpp"
#include "slips/generation.hpp"
#include "slips/message.hpp"
#include "slips/module.hpp"
#include "slips/text.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// A handler for M: `on(const M&)`, `on(M)`, or a template constrained to take M.
template <class D, class M>
concept handles = requires(D& module, const M& message) {
    module.on(message);
};

/// Converts to `const T&` and to nothing else: distinguishes on(const T&) from handlers that T merely converts to.
template <class T>
struct Exactly {
    operator const T&() const;
};
template <class D, class T>
concept takes_exactly = requires(D& module, const Exactly<T>& probe) {
    module.on(probe);
};

/// Would handle M if its parameter were const: `on(M&)`, `on(M&&)`.
template <class D, class M>
concept would_change = !handles<D, M> && (
                                             requires(D & module, M& message) { module.on(message); } ||
                                             requires(D & module, M& message) { module.on(std::move(message)); });
template <class D, class List>
struct WouldChangeOneOf;
template <class D, class... M>
struct WouldChangeOneOf<D, Types<M...>> {
    static constexpr bool value = would_change<D, RawMessage> || (would_change<D, M> || ...);
};
template <class D>
concept changes_messages = WouldChangeOneOf<D, Messages>::value;

/// Values within messages, Conn aside, of which the sentence is more helpful.
template <class D>
concept takes_part_of_a_message = takes_exactly<D, Dns> || takes_exactly<D, Http> || takes_exactly<D, Ssl> ||
    takes_exactly<D, Ssh> || takes_exactly<D, Smtp> || takes_exactly<D, File> || takes_exactly<D, Login> ||
    takes_exactly<D, Dhcp> || takes_exactly<D, Arp> || takes_exactly<D, Notice> || takes_exactly<D, Weird> ||
    takes_exactly<D, Tunnel> || takes_exactly<D, Software> || takes_exactly<D, Service> ||
    takes_exactly<D, EvidenceParty> || takes_exactly<D, EvidenceRecord>;

struct Anything {};
template <class D>
concept takes_anything = requires(D& module, const Anything& thing) {
    module.on(thing);
};

/// Whether any member is called `on`. Unknown for a final class.
struct HasOn {
    int on;

protected:
    ~HasOn() = default;  // -Weffc++ asks for it in a base class
};
template <class D>
struct WithOn : D, HasOn {};
template <class D>
concept has_on = !std::is_final_v<D> && !requires {
    &WithOn<D>::on;
};

template <class D, class List>
struct HandledOf;
template <class D, class... M>
struct HandledOf<D, Types<M...>> {
    using type =
        decltype(std::tuple_cat(std::declval<std::conditional_t<handles<D, M>, std::tuple<M>, std::tuple<>>>()...));
};
/// The messages that D handles, as a tuple that stores one of each.
template <class D>
using HandledMessages = typename HandledOf<D, Messages>::type;

/// Whether D overrides the hook: the class of the member is another then. A member that cannot be named is private, hence D's own.
#define SLIPS_SDK_HAS_HOOK(hook, ...)                                                                                  \
    template <class D>                                                                                                 \
    concept has_##hook = !requires {                                                                                   \
        requires std::same_as<decltype(&D::hook), __VA_ARGS__>;                                                        \
    };
SLIPS_SDK_HAS_HOOK(init, bool (ModuleBase::*)())
SLIPS_SDK_HAS_HOOK(pre_main, bool (ModuleBase::*)())
SLIPS_SDK_HAS_HOOK(shutdown_gracefully, void (ModuleBase::*)())
SLIPS_SDK_HAS_HOOK(on_gap, void (ModuleBase::*)(const Gap&))
#undef SLIPS_SDK_HAS_HOOK

/// Whether a pointer to a member is one to a hook of this type.
template <class Pointer, class Hook>
constexpr bool is_hook = false;
// with another return type the compiler itself reports it
template <class C, class R, class Other, class... A>
constexpr bool is_hook<Other (C::*)(A...), R(A...)> = true;
template <class C, class R, class Other, class... A>
constexpr bool is_hook<Other (C::*)(A...) noexcept, R(A...)> = true;

/// Whether D has a member with the name of a hook that does not override it. Unknown for a private or overloaded member.
#define SLIPS_SDK_HIDES_HOOK(hook, ...)                                                                                \
    template <class D>                                                                                                 \
    concept hides_##hook = requires {                                                                                  \
        &D::hook;                                                                                                      \
        requires !is_hook<decltype(&D::hook), __VA_ARGS__>;                                                            \
    };
SLIPS_SDK_HIDES_HOOK(init, bool())
SLIPS_SDK_HIDES_HOOK(pre_main, bool())
SLIPS_SDK_HIDES_HOOK(shutdown_gracefully, void())
SLIPS_SDK_HIDES_HOOK(on_gap, void(const Gap&))
#undef SLIPS_SDK_HIDES_HOOK

/// Returns the hooks that D overrides, in the order in which they are called.
template <class D>
constexpr auto hooks_of() {
    std::array<std::string_view, 4> names{};
    std::size_t count = 0;
    if (has_init<D>) names[count++] = "init";
    if (has_pre_main<D>) names[count++] = "pre_main";
    if (has_on_gap<D>) names[count++] = "on_gap";
    if (has_shutdown_gracefully<D>) names[count++] = "shutdown_gracefully";
    return std::pair{names, count};
}

template <class D>
concept has_info = requires {
    { D::info } -> std::convertible_to<const ModuleInfo&>;
};

/// Whether info is a constant: the checks need its name.
template <class D>
concept has_constant_info = requires {
    typename std::bool_constant<D::info.name.empty()>;
};

constexpr bool is_module_name(std::string_view name) {
    if (name.empty()) return false;
    for (const char c : name)
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    return true;
}

/// Also keeps blanks and control characters out of log lines.
constexpr bool is_module_version(std::string_view version) {
    if (version.empty()) return true;
    if (version.size() > 32 || version[0] < '0' || version[0] > '9') return false;
    return version.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.+-") ==
           std::string_view::npos;
}

constexpr bool have_both_names(const EvidenceTypes& types) {
    for (const EvidenceType& type : types)
        if (!is_name(type.current, true) || !is_name(type.legacy, false)) return false;
    return true;
}

constexpr bool have_own_names(const EvidenceTypes& types) {
    for (const EvidenceType& type : types)
        for (const EvidenceType& other : types)
            if (&type != &other && (type.current == other.current || type.legacy == other.legacy)) return false;
    return true;
}

/// Whether the module is ever called: a handler, or a hook, which may call subscribe() and every().
template <class D>
inline constexpr bool has_a_call = std::tuple_size_v<HandledMessages<D>> != 0 || handles<D, RawMessage> ||
                                   has_init<D> || has_pre_main<D> || has_shutdown_gracefully<D> || has_on_gap<D>;

/// Fails to compile with the message of the first check that fails.
template <class D>
consteval bool check_module() {
    if constexpr (!std::derived_from<D, Module<D>>) {
        static_assert(
            std::derived_from<D, Module<D>>,
            "slips: the module must derive from Module of itself; write `struct Detector : slips::Module<Detector>`");
    } else if constexpr (std::is_abstract_v<D>) {
        static_assert(!std::is_abstract_v<D>, "slips: the module has a pure virtual function; give it a body");
    } else if constexpr (!has_info<D>) {
        static_assert(has_info<D>, "slips: the module has no info; write "
                                   "`static constexpr slips::ModuleInfo info{.name = \"…\", .description = \"…\"};`");
    } else if constexpr (!has_constant_info<D>) {
        static_assert(has_constant_info<D>, "slips: info must be a constant; write "
                                            "`static constexpr slips::ModuleInfo info{.name = \"…\"};`");
    } else if constexpr (!is_module_name(D::info.name)) {
        static_assert(is_module_name(D::info.name),
                      "slips: info.name must be a word of letters, digits, '_' and '-'; write `.name = \"my_module\"`");
    } else if constexpr (!acting_word(D::info.name, Output::queue).empty()) {
        static_assert(
            acting_word(D::info.name, Output::queue).empty(),
            "slips: Slips 0.9 acts on stop_process and log-only when it prints them; choose another info.name");
    } else if constexpr (!is_module_version(D::info.version)) {
        static_assert(is_module_version(D::info.version),
                      "slips: info.version must be numbers with dots, such as 1.2.0");
    } else if constexpr (!have_both_names(D::info.evidence_types)) {
        static_assert(
            have_both_names(D::info.evidence_types),
            "slips: an evidence type needs a name in capitals for Slips 1.0.11 and newer and one for older releases, "
            "without blanks; write `slips::EvidenceType{\"MY_TYPE\", \"MyType\"}`");
    } else if constexpr (!have_own_names(D::info.evidence_types)) {
        static_assert(
            have_own_names(D::info.evidence_types),
            "slips: two evidence types in info.evidence_types have the same name; give each names of its own");
    } else if constexpr (!are_sound(D::info.settings)) {
        static_assert(
            are_sound(D::info.settings),
            "slips: a setting needs a name of its own of lower-case letters, digits and '_', and a default within "
            "its limits; write `slips::Setting<int> many{.name = \"many\", .by_default = 20, .min = 1}`");
    } else if constexpr (hides_init<D>) {
        static_assert(!hides_init<D>, "slips: this init() is not the hook; write `bool init() override`");
    } else if constexpr (hides_pre_main<D>) {
        static_assert(!hides_pre_main<D>, "slips: this pre_main() is not the hook; write `bool pre_main() override`");
    } else if constexpr (hides_shutdown_gracefully<D>) {
        static_assert(!hides_shutdown_gracefully<D>,
                      "slips: this shutdown_gracefully() is not the hook; write `void shutdown_gracefully() override`");
    } else if constexpr (hides_on_gap<D>) {
        static_assert(!hides_on_gap<D>,
                      "slips: this on_gap() is not the hook; write `void on_gap(const slips::Gap& gap) override`");
    } else if constexpr (takes_anything<D>) {
        static_assert(!takes_anything<D>, "slips: on(const auto&) accepts everything; write one "
                                          "`void on(const slips::NewFlow& msg)` for each message");
    } else if constexpr (takes_exactly<D, Conn>) {
        static_assert(!takes_exactly<D, Conn>, "slips: Conn is a part of a message, no message; write `void on(const "
                                               "slips::NewFlow& msg)` and use msg.flow");
    } else if constexpr (takes_exactly<D, Evidence>) {
        static_assert(!takes_exactly<D, Evidence>,
                      "slips: Evidence is what a module sends, no message; to receive the evidence of others write "
                      "`void on(const slips::EvidenceAdded& msg)`");
    } else if constexpr (takes_part_of_a_message<D>) {
        static_assert(
            !takes_part_of_a_message<D>,
            "slips: a flow or another part of a message is no message; write `void on(const slips::NewDns& msg)` "
            "and use msg.flow");
    } else if constexpr (takes_exactly<D, Context>) {
        static_assert(
            !takes_exactly<D, Context>,
            "slips: Context is no message; write `void on(const slips::NewFlow& msg)`, which converts to one");
    } else if constexpr (takes_exactly<D, Payload>) {
        static_assert(
            !takes_exactly<D, Payload>,
            "slips: Payload is a part of a message, no message; write `void on(const slips::RawMessage& msg)`");
    } else if constexpr (takes_exactly<D, Message>) {
        static_assert(!takes_exactly<D, Message>,
                      "slips: Message is what all messages have in common, no message; write "
                      "`void on(const slips::NewFlow& msg)`");
    } else if constexpr (takes_exactly<D, Gap>) {
        static_assert(!takes_exactly<D, Gap>,
                      "slips: Gap is no message; write `void on_gap(const slips::Gap&) override`");
    } else if constexpr (changes_messages<D>) {
        static_assert(
            !changes_messages<D>,
            "slips: a handler takes its message by const reference; write `void on(const slips::NewFlow& msg)`");
    } else if constexpr (has_on<D> && std::tuple_size_v<HandledMessages<D>> == 0 && !handles<D, RawMessage>) {
        static_assert(!has_on<D>, "slips: no on() takes a message (is it private?); write "
                                  "`void on(const slips::NewFlow& msg)`");
    } else if constexpr (!has_a_call<D>) {
        static_assert(has_a_call<D>, "slips: the module has neither a handler nor a hook, so it does nothing; write "
                                     "`void on(const slips::NewFlow& msg)`");
    }
    return true;
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
