// The functions of ModuleBase: what a module calls while it runs.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "slips/impl/session/module_side.hpp"
#include "slips/impl/session/timers.hpp"
#include "slips/impl/wire/publish.hpp"
#include "slips/log_level.hpp"
#include "slips/metrics.hpp"
#include "slips/module.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

SLIPS_SDK_DECL void ModuleBase::post(std::function<void()> action) {
    if (!posted_) session("post()");
    posted_->post(std::move(action));
}

SLIPS_SDK_DECL void ModuleBase::print(std::string_view text, int verbose, int debug) {
    if (is_elsewhere("print()")) return;
    session("print()");
    host_.print(text, verbose, debug);
}

SLIPS_SDK_DECL void ModuleBase::log_at(LogLevel level, std::string_view text, const char* call) {
    if (is_elsewhere(call)) return;
    session(call);
    host_.log(level, text);
}

SLIPS_SDK_DECL void ModuleBase::count(const MetricName& name, std::uint64_t by) {
    if (is_elsewhere("count()")) return;
    (session_ ? *session_ : session("count()")).count(name, by);  // for each flow: asks for the thread once
}

SLIPS_SDK_DECL void ModuleBase::gauge(const MetricName& name, double value) {
    if (is_elsewhere("gauge()")) return;
    (session_ ? *session_ : session("gauge()")).gauge(name, value);
}

SLIPS_SDK_DECL void ModuleBase::subscribe(std::string_view channel) {
    session("subscribe()");
    if (channel.empty()) throw std::invalid_argument("slips: subscribe() needs the name of a channel");
    if (host_.subscribed) throw std::logic_error("slips: subscribe() comes too late here; call it in init()");
    for (const std::string& known : subscribed_)
        if (known == channel) return;
    subscribed_.emplace_back(channel);
}

SLIPS_SDK_DECL void ModuleBase::add(WindowState& state) {
    if (host_.subscribed)
        throw std::logic_error(
            "slips: a PerWindow comes too late here to subscribe to tw_closed; make it a member of the module");
    window_states_.push_back(&state);
    keeps_windows_ = true;
}

SLIPS_SDK_DECL void ModuleBase::remove(WindowState& state) {
    window_states_.erase(std::remove(window_states_.begin(), window_states_.end(), &state), window_states_.end());
}

SLIPS_SDK_DECL void ModuleBase::close_window(std::string_view profileid, std::string_view twid) {
    std::exception_ptr first;
    for (std::size_t i = 0; i < window_states_.size(); ++i) {  // close() may remove a state
        try {
            window_states_[i]->close(profileid, twid);
        } catch (...) {
            if (!first) first = std::current_exception();
        }
    }
    if (first) std::rethrow_exception(first);
}

SLIPS_SDK_DECL bool ModuleBase::set_evidence(const Context& context, Evidence evidence) {
    if (is_elsewhere("set_evidence()")) return false;
    if (session_) return session_->set_evidence(context, std::move(evidence));
    host_.set_evidence_early = true;  // reported as soon as the module can
    return false;
}

template <class List>
bool ModuleBase::publish_text(std::string_view channel, std::string_view text) {
    if (is_elsewhere("publish()")) return false;
    return session("publish()").publish(channel, text, &wire::publishing_fault<List>);
}

SLIPS_SDK_DECL void ModuleBase::every_nanoseconds(std::chrono::nanoseconds interval, std::function<void()> action) {
    if (interval <= std::chrono::nanoseconds::zero())
        throw std::invalid_argument("slips: every() needs an interval longer than nothing");
    session("every()").every(interval, std::move(action));
}

SLIPS_SDK_DECL std::filesystem::path ModuleBase::output_dir() {
    session("output_dir()");
    if (host_.make_output_dir) host_.make_output_dir();
    else std::filesystem::create_directories(host_.output_dir);
    return host_.output_dir;
}

SLIPS_SDK_DECL const Config& ModuleBase::config() {
    session("config()");
    return host_.config;
}

SLIPS_SDK_DECL void ModuleBase::require_declared(std::string_view setting) {
    session("setting()");
    if (!host_.info.settings.contains(setting))
        throw std::logic_error("slips: setting() knows no \"" + std::string(setting) + "\"; list it in info.settings");
}

SLIPS_SDK_DECL Database& ModuleBase::database() {
    session("database()");
    return *host_.database;
}

SLIPS_SDK_DECL Store& ModuleBase::store() {
    session("store()");
    return *host_.store;
}

SLIPS_SDK_DECL std::optional<Generation> ModuleBase::generation() { return session("generation()").generation(); }

SLIPS_SDK_DECL const std::string& ModuleBase::slips_version() { return session("slips_version()").slips_version(); }

SLIPS_SDK_DECL void ModuleBase::attach(ModuleSide* session) {
    session_ = session;
    if (session) posted_ = session->posted();
}

SLIPS_SDK_DECL void ModuleBase::detach() {
    session_ = nullptr;
    if (!posted_) return;
    // posted_ is kept: a thread may still call post()
    for (const char* const call : posted_->end()) std::fprintf(stderr, "slips: %s\n", detail::elsewhere(call).c_str());
}

/// Reports a call by another thread once, on the thread of the event loop; to stderr if the module has ended.
SLIPS_SDK_DECL bool ModuleBase::is_elsewhere(const char* call) {
    if (!posted_ || posted_->on_own_thread()) return false;
    if (!posted_->refuse(call)) std::fprintf(stderr, "slips: %s\n", detail::elsewhere(call).c_str());
    return true;
}

SLIPS_SDK_DECL void ModuleBase::require_own_thread(const char* call) {
    if (is_elsewhere(call)) throw std::logic_error("slips: " + detail::elsewhere(call));
}

SLIPS_SDK_DECL ModuleSide& ModuleBase::session(const char* call) {
    require_own_thread(call);
    if (session_) return *session_;
    throw std::logic_error(std::string("slips: ") + call +
                           " was called in the constructor, where a module is not connected yet; call it in init()");
}

}  // namespace slips::inline SLIPS_SDK_ABI
