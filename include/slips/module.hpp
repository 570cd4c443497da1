// Module<Derived>: the base class of a module.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/config.hpp"
#include "slips/database.hpp"
#include "slips/evidence.hpp"
#include "slips/gap.hpp"
#include "slips/generation.hpp"
#include "slips/log_level.hpp"
#include "slips/message.hpp"
#include "slips/metrics.hpp"
#include "slips/setting.hpp"
#include "slips/share.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

class ModuleSide;
namespace detail {
class Posted;
}

/// Everything that a module declares about itself: `static constexpr slips::ModuleInfo info{…};`.
struct ModuleInfo {
    std::string_view name{};         ///< letters, digits, _ and -, as in My-Mod; log lines of Slips begin with it
    std::string_view description{};  ///< one sentence; Slips prints it at its start
    std::string_view authors{};      ///< names of the authors
    std::string_view version{};      ///< of the module, such as "1.2.0"; empty: none
    EvidenceTypes evidence_types{};  ///< the module's own evidence types, which Slips must know
    bool needs_root = false;         ///< keeps root privileges, for instance to block addresses
    SettingList settings{};          ///< what the section with the module's name may hold in Slips' configuration
};

/// The part of a module that does not depend on its type. Derive from Module<Derived>, not from this class.
///
/// Handlers, timers and hooks run on one thread, that of the event loop; print(), set_evidence() and the other functions may
/// be called from that thread only. post() alone may be called from other threads. On another thread print(), log_error() and
/// the like, count(), gauge(), set_evidence() and publish() have no effect, and the others throw std::logic_error, which ends
/// the program if the thread does not catch it; each is logged once and counts as an error of a handler. share() alone may be
/// called anywhere. Read settings in pre_main(), and pass them to the thread.
class ModuleBase {
public:
    ModuleBase() = default;
    ModuleBase(const ModuleBase&) = delete;
    ModuleBase& operator=(const ModuleBase&) = delete;
    virtual ~ModuleBase() = default;

    // --- hooks: write them with `override` ------------------------------------------------------------------

    /// Called once, before the subscriptions, with the privileges that the program was started with. Return false to
    /// refuse to start.
    virtual bool init() { return true; }

    /// Called once, after root privileges were dropped, just before the first message. Return false to refuse to start.
    virtual bool pre_main() { return true; }

    /// Called once, after the last message: save what should outlive this run. Evidence set here is still stored.
    virtual void shutdown_gracefully() {}

    /// Called when messages were missed because Redis was unreachable or closed the subscription.
    virtual void on_gap(const Gap&) {}

    // --- from any thread ------------------------------------------------------------------------------------

    /// Runs `action` on the thread of the event loop soon. May be called from any thread, from init() on. Has no effect once
    /// shutdown_gracefully() has begun.
    SLIPS_SDK_DECL void post(std::function<void()> action);

protected:
    // --- functions ------------------------------------------------------------------------------------------

    /// Prints through Slips. `verbose`: 1 basic operation, 2 files and I/O, 3 database changes, 0 never printed. `debug`:
    /// 1 errors, 2 unhandled cases, 3 warnings for developers, 0 none. Other numbers are clamped to 0..3.
    SLIPS_SDK_DECL void print(std::string_view text, int verbose = 1, int debug = 0);

    /// Logs an error: something that the module was to do has failed. Slips writes it to errors.log, and to its screen and
    /// slips.log with -e 1. A module started by hand prints it to the terminal in any case. Like print(), it never blocks
    /// and escapes text that could do harm.
    void log_error(std::string_view text) { log_at(LogLevel::error, text, "log_error()"); }

    /// Logs a warning to the user: "Warning: " and the text, on Slips' screen and in slips.log. Otherwise like log_error().
    void log_warning(std::string_view text) { log_at(LogLevel::warning, text, "log_warning()"); }

    /// Logs what helps to find an error in the module. Slips writes it to its screen and slips.log with -e 3, 1.0.8 to 1.1.1
    /// with -e 2; a module started by hand with --debug. Otherwise like log_error().
    void log_debug(std::string_view text) { log_at(LogLevel::debug, text, "log_debug()"); }

    /// Adds to a count of the module, which `--stats`, a test and `slipsdev top` show: `count("names_checked")`. It costs
    /// nanoseconds, and memory only at the first call for a name. A wrong name that is no literal, a name that gauge() uses,
    /// and more than 256 names are refused; each reason is logged once. Works from init() on; throws std::logic_error before.
    SLIPS_SDK_DECL void count(const MetricName& name, std::uint64_t by = 1);

    /// Sets a gauge, a value that may rise and fall: `gauge("names_known", 7)`. A value that is not finite is refused, too: the
    /// gauge keeps its last one. Otherwise like count().
    SLIPS_SDK_DECL void gauge(const MetricName& name, double value);

    /// Subscribes to a channel that has no message type, or that is chosen at run time; its messages are passed to
    /// on(const RawMessage&). Call it in init(); throws std::logic_error later.
    SLIPS_SDK_DECL void subscribe(std::string_view channel);

    /// Sets evidence. Returns false if it was refused, and logs why. Returns true if it was accepted: it is then kept
    /// until Redis has stored it. Never throws.
    SLIPS_SDK_DECL bool set_evidence(const Context& context, Evidence evidence);

    /// Publishes a message for other modules, stamped and counted as Slips does. From 1.1.20 on, the version is added to a
    /// JSON object, and other text is wrapped as {"text": …, "version": …}; before, the text is sent unchanged.
    /// Returns false if it was refused, and logs why: while the generation is unknown, and if it would harm subscribers,
    /// such as a `new_flow` that is not a flow. An input module passes its flows to current Slips on new_module_flow:
    /// {"flow": {a line of Zeek's conn.log}, "module": "name"}. Use set_evidence() for evidence. Never throws from init() on.
    template <std::convertible_to<std::string_view> Text>
    bool publish(std::string_view channel, const Text& text) {
        return publish_text<>(channel, text);
    }

    /// Runs `action` repeatedly, first after one interval, by the steady clock. Throws std::invalid_argument if `interval` is
    /// not positive.
    template <class Rep, class Period>
    void every(std::chrono::duration<Rep, Period> interval, std::function<void()> action) {
        every_nanoseconds(std::chrono::duration_cast<std::chrono::nanoseconds>(interval), std::move(action));
    }

    /// Returns a folder of the module's own, and creates it if needed. Throws std::runtime_error if it cannot be created, and
    /// in init() of a module that is started as root and drops privileges: call it in pre_main() or later.
    SLIPS_SDK_DECL std::filesystem::path output_dir();

    /// Returns the configuration of Slips. In a module that was started by hand it is empty if the file of Slips was not
    /// found, which is logged at the start; it changes when Slips starts later than the module.
    SLIPS_SDK_DECL const Config& config();

    /// Returns the value of a setting that `info` declares, from the section with the module's name in config(); the default if it
    /// is not set, or if its value was reported as wrong. Throws std::logic_error if info.settings does not list it.
    template <class T>
    T setting(const Setting<T>& declared) {
        require_declared(declared.name);
        return declared.read(host_.config, host_.info.name).value_or(T(declared.by_default));
    }

    /// Returns the database of Slips: addresses, domains, profiles, time windows. See query:: for the queries.
    SLIPS_SDK_DECL Database& database();

    /// Returns the module's own values, which survive its restart.
    SLIPS_SDK_DECL Store& store();

    /// Returns the part of the profiles that this process handles, if the module runs as several processes; see Share.
    const Share& share() const { return host_.share; }

    /// Returns the generation of Slips, which is the form of its messages; nullopt while it is unknown.
    SLIPS_SDK_DECL std::optional<Generation> generation();

    /// Returns the version of Slips, such as "1.1.21"; empty while it is unknown, and for Slips before 0.9.5 that did not start
    /// the module.
    SLIPS_SDK_DECL const std::string& slips_version();

public:
    // --- not for module authors -----------------------------------------------------------------------------

    /// What the program around a module provides.
    struct Host {
        ModuleInfo info{};                                                           ///< of the module
        std::function<void(std::string_view text, int verbose, int debug)> print{};  ///< called by print()
        std::function<void(LogLevel level, std::string_view text)> log{};  ///< called by log_error() and the like
        std::filesystem::path output_dir{};                                ///< may not exist yet
        std::function<void()> make_output_dir{};                           ///< throws if it cannot; may be empty
        Config config{};                                                   ///< of Slips
        Database* database = nullptr;                                      ///< returned by database()
        Store* store = nullptr;                                            ///< returned by store()
        Share share{};                                                     ///< returned by share()
        bool subscribed = false;                                           ///< subscribe() throws from here on
        bool set_evidence_early = false;  ///< set_evidence() was called in the constructor
    };
    Host& host_of_module() { return host_; }  ///< of this module
    /// Throws std::logic_error on another thread than that of the event loop, and reports the call, text with static lifetime.
    SLIPS_SDK_DECL void require_own_thread(const char* call);
    /// Connects the module to its session: from here on it can print, subscribe and set evidence.
    SLIPS_SDK_DECL void attach(ModuleSide* session);
    /// Ends the connection to the session.
    SLIPS_SDK_DECL void detach();
    const std::vector<std::string>& subscribed() const { return subscribed_; }  ///< the arguments of subscribe()

    /// What a PerWindow is for the module. Not for module authors.
    class WindowState {
    public:
        /// Removes what is kept of a window.
        virtual void close(std::string_view profileid, std::string_view twid) = 0;

    protected:
        ~WindowState() = default;
    };
    /// From now on, close_window() closes windows of `state`. Throws std::logic_error if the module has subscribed already.
    SLIPS_SDK_DECL void add(WindowState& state);
    SLIPS_SDK_DECL void remove(WindowState& state);        ///< ends what add() began
    bool keeps_windows() const { return keeps_windows_; }  ///< whether a PerWindow was ever added
    /// Removes the window from each PerWindow. Rethrows the first exception after the last one.
    SLIPS_SDK_DECL void close_window(std::string_view profileid, std::string_view twid);

private:
    SLIPS_SDK_DECL ModuleSide& session(const char* call);
    SLIPS_SDK_DECL bool is_elsewhere(const char* call);
    SLIPS_SDK_DECL void log_at(LogLevel level, std::string_view text, const char* call);
    /// Throws std::logic_error if setting() cannot be called here, or does not know the setting.
    SLIPS_SDK_DECL void require_declared(std::string_view setting);
    /// A template, so that in header-only mode only modules that publish compile the checks of all messages.
    template <class List = detail::Messages>
    bool publish_text(std::string_view channel, std::string_view text);
    SLIPS_SDK_DECL void every_nanoseconds(std::chrono::nanoseconds interval, std::function<void()> action);

    ModuleSide* session_ = nullptr;
    std::shared_ptr<detail::Posted> posted_{};
    Host host_{};
    std::vector<std::string> subscribed_{};
    std::vector<WindowState*> window_states_{};
    bool keeps_windows_ = false;
};

/// The base class of a module: `struct Detector : slips::Module<Detector>`. A handler `void on(const NewFlow&)` is the
/// subscription; message.hpp lists the messages.
template <class Derived>
class Module : public ModuleBase {};

}  // namespace slips::inline SLIPS_SDK_ABI
