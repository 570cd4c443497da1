// Module<Derived>: what an author derives from.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdio>
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
#include "slips/impl/session/session.hpp"
#include "slips/impl/wire/publish.hpp"
#include "slips/message.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// Everything a module declares about itself: `static constexpr slips::ModuleInfo info{…};`.
struct ModuleInfo {
    std::string_view name{};         ///< lower case, no blanks; Slips' log lines begin with it
    std::string_view description{};  ///< one sentence; Slips prints it when it starts
    std::string_view authors{};      ///< who wrote it
    EvidenceTypes evidence_types{};  ///< of the module's own, which Slips must be told of
    bool needs_root = false;         ///< keeps root's rights; for modules that block, say
};

/// What every module has, whatever its handlers. Derive from Module<Derived>, not from this.
///
/// Handlers, timers and hooks run on one thread, the loop's; print(), set_evidence() and the rest belong to it.
/// post() alone may be called from other threads.
class ModuleBase {
public:
    ModuleBase() = default;
    ModuleBase(const ModuleBase&) = delete;
    ModuleBase& operator=(const ModuleBase&) = delete;
    virtual ~ModuleBase() = default;

    // --- hooks: write them with `override` ------------------------------------------------------------------

    /// Once, before anything is heard, with the rights the program was started with. False: do not start.
    virtual bool init() { return true; }

    /// Once, after root's rights were given up, just before the first message. False: do not start.
    virtual bool pre_main() { return true; }

    /// Once, after the last message: save what should outlive this run. Evidence set here is still stored.
    virtual void shutdown_gracefully() {}

    /// Messages were missed, because Redis was away or cut this module off.
    virtual void on_gap(const Gap&) {}

    /// Runs `action` on the loop's thread soon; from any thread, from init() on. Once shutdown_gracefully() has begun
    /// it is in vain, and does nothing.
    void post(std::function<void()> action) {
        if (!posted_) session("post()");
        posted_->post(std::move(action));
    }

protected:
    /// Prints through Slips: `verbose` 1 basic operation, 2 files and I/O, 3 database changes, 0 not at all;
    /// `debug` 1 errors, 2 unhandled cases, 3 warnings for developers. Others are clamped to 0..3.
    void print(std::string_view text, int verbose = 1, int debug = 0) {
        session("print()");
        host_.print(text, verbose, debug);
    }

    /// Hears a channel that has no message type, or one chosen at run time; it comes to on(const RawMessage&).
    /// To be called in init().
    void subscribe(std::string_view channel) {
        session("subscribe()");
        if (host_.heard) throw std::logic_error("slips: subscribe() comes too late here; call it in init()");
        for (const std::string& known : subscribed_)
            if (known == channel) return;
        subscribed_.emplace_back(channel);
    }

    /// Tells Slips what was found. False: it was refused, and why was printed. True: it is kept until Redis has
    /// it. Never throws.
    bool set_evidence(const Context& context, Evidence evidence) {
        if (session_) return session_->set_evidence(context, std::move(evidence));
        std::fputs("slips: set_evidence() was called in the constructor, where a module is not connected yet; "
                   "call it in a handler\n", stderr);
        return false;
    }

    /// Publishes for other modules, stamped and counted as Slips does. In current Slips an object (JSON) gets Slips'
    /// version, other text is wrapped: {"text": …, "version": …}; in legacy it goes as it is. False: it was refused, and
    /// why was printed: while the generation is not known, and where it would harm who listens, such as a flow that is
    /// none. An input module gives current Slips its flows on new_module_flow: {"flow": {a line of Zeek's conn.log},
    /// "module": "name"}. Evidence is told with set_evidence(). Never throws once init() is reached.
    template <std::convertible_to<std::string_view> Text>
    bool publish(std::string_view channel, const Text& text) {
        return session("publish()").publish(channel, text);
    }

    /// Runs `action` again and again, first after one interval, on the steady clock.
    template <class Rep, class Period>
    void every(std::chrono::duration<Rep, Period> interval, std::function<void()> action) {
        const auto length = std::chrono::duration_cast<std::chrono::nanoseconds>(interval);
        if (length <= std::chrono::nanoseconds::zero())
            throw std::invalid_argument("slips: every() needs an interval longer than nothing");
        session("every()").every(length, std::move(action));
    }

    /// Returns a folder of the module's own, which is made when needed. Throws where it cannot be made, and in init() of a
    /// module that is started as root and gives it up: call it in pre_main() or later.
    std::filesystem::path output_dir() {
        session("output_dir()");
        if (host_.make_output_dir) host_.make_output_dir();
        else std::filesystem::create_directories(host_.output_dir);
        return host_.output_dir;
    }

    /// What Slips was configured with. In a module that was started by hand it is empty where Slips' file was not found,
    /// as the module says at its start; and changes when Slips comes later than the module.
    const Config& config() {
        session("config()");
        return host_.config;
    }

    /// What Slips knows: addresses, domains, profiles, time windows… See query:: for what may be asked.
    Database& database() {
        session("database()");
        return *host_.database;
    }

    /// Values of the module's own that survive its restart.
    Store& store() {
        session("store()");
        return *host_.store;
    }

    /// Which Slips this is; nothing while it cannot be told yet.
    std::optional<Generation> generation() { return session("generation()").generation(); }

public:
    /// What the program around a module gives it. Not for authors.
    struct Host {
        std::function<void(std::string_view text, int verbose, int debug)> print{};  ///< what print() calls
        std::filesystem::path output_dir{};                                          ///< not yet made
        std::function<void()> make_output_dir{};                                     ///< throws where it cannot; may be empty
        Config config{};                                                             ///< Slips' own
        Database* database = nullptr;                                                ///< what database() is
        Store* store = nullptr;                                                      ///< what store() is
        bool heard = false;                                                          ///< subscribed: it is too late for subscribe()
    };
    Host& host_of_module() { return host_; }  ///< of this module
    /// From here on the module can print, subscribe and set evidence.
    void attach(Session* session) {
        session_ = session;
        if (session) posted_ = session->posted();
    }
    /// No longer.
    void detach() {
        if (posted_) posted_->close();  // and stays: a thread may hold on to the module
        session_ = nullptr;
    }
    const std::vector<std::string>& subscribed() const { return subscribed_; }  ///< what subscribe() was called with

private:
    Session& session(const char* call) {
        if (session_) return *session_;
        throw std::logic_error(std::string("slips: ") + call +
                               " was called in the constructor, where a module is not connected yet; call it in init()");
    }

    Session* session_ = nullptr;
    std::shared_ptr<detail::Posted> posted_{};
    Host host_{};
    std::vector<std::string> subscribed_{};
};

/// Derive from this: `struct Detector : slips::Module<Detector>`. A handler `void on(const NewFlow&)` is the
/// subscription; see message.hpp for what can be heard.
template <class Derived>
class Module : public ModuleBase {};

}  // namespace slips::inline SLIPS_SDK_ABI
