// Evidence on its way to legacy Slips, which keeps all evidence of a window in one JSON object: a batch is one
// transaction under WATCH, so that what another module writes into the same windows meanwhile is not lost.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "slips/evidence.hpp"
#include "slips/session/outbox.hpp"
#include "slips/uuid.hpp"
#include "slips/version.hpp"
#include "slips/wire/legacy.hpp"
#include "slips/wire/resp.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class LegacyOutbox final : public Outbox {
public:
    LegacyOutbox(Stats& stats, Report report, std::string_view module)
        : Outbox(stats, std::move(report)), marker_(std::string(module) + "_evidence_batch_" + ids_.next()) {}

    void forget() override { windows_.clear(); }

private:
    /// One time window of this batch.
    struct Window {
        std::string profileid{};
        std::string twid{};
        wire::legacy::Window held{};
        bool exists = false;
        bool readable = true;
        std::vector<std::size_t> evidence{};  ///< places in batch_

        std::string key() const { return profileid + "_" + twid; }
    };

    void ask(Links& links) override { send_main(links, wire::Purpose::asked, 0, "GET", marker_); }
    void read(Links& links, Clock::time_point now) override;
    void write(Links& links) override;
    void written(Links& links) override;
    void answer(Links& links, wire::Pipeline::Awaited awaited, const wire::Reply& reply,
                Clock::time_point now) override;
    void stored(const wire::Reply& reply, Clock::time_point now);
    void all_stored();

    UuidSource ids_{};
    std::string marker_;       ///< our own key: which batch was stored last
    std::string batch_id_{};   ///< what the marker holds once this batch is
    std::vector<Window> windows_{};
    bool unread_ = false;      ///< Redis did not tell what the windows hold
    std::map<std::string, std::string> ip_info_{};  ///< of this batch, by address, as the cache told
    std::vector<std::string> asked_ips_{};
};

// ---------------------------------------------------------------------------------------------------------

inline void LegacyOutbox::read(Links& links, Clock::time_point) {
    windows_.clear();
    unread_ = false;
    ip_info_.clear();
    asked_ips_.clear();
    std::unordered_map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        const Context& context = batch_[i].context;
        const auto [at, fresh] = places.try_emplace(context.profileid + "_" + context.twid, windows_.size());
        if (fresh) windows_.push_back({.profileid = context.profileid, .twid = context.twid});
        windows_[at->second].evidence.push_back(i);
    }
    for (std::size_t w = 0; w < windows_.size(); ++w) {
        // the reply to WATCH says nothing: it is the first of a window's three
        send_main(links, wire::Purpose::window, 3 * w, "WATCH", windows_[w].key());
        send_main(links, wire::Purpose::window, 3 * w + 1, "HGET", windows_[w].key(), "Evidence");
        send_main(links, wire::Purpose::window, 3 * w + 2, "ZSCORE", "tws" + windows_[w].profileid, windows_[w].twid);
    }
    if (!links.cache_up) return;
    for (const Kept& kept : batch_) {
        const std::string ip = wire::legacy::scored_ip(kept.evidence, kept.context);
        if (ip.empty() || std::find(asked_ips_.begin(), asked_ips_.end(), ip) != asked_ips_.end()) continue;
        send_cache(links, wire::Purpose::enrichment, asked_ips_.size(), "HGET", "IPsInfo", ip);
        asked_ips_.emplace_back(ip);
    }
}

inline void LegacyOutbox::write(Links& links) {
    if (unread_) {  // and may in a while
        for (Kept& kept : batch_) kept.written = false;
        return links.main.send(wire::Purpose::queued, 0, "UNWATCH");
    }
    std::vector<std::string> publishes;
    bool any = false;
    for (Window& window : windows_) {
        for (const std::size_t i : window.evidence) {
            Kept& kept = batch_[i];
            kept.written = window.exists && window.readable;
            if (!window.exists) {
                give_up(kept, "no such window",
                        "evidence refused: Slips has no " + window.twid + " for " + window.profileid +
                            " (evidence for a window that does not exist stops Slips' evidence process)");
            } else if (!window.readable) {
                give_up(kept, "unreadable window",
                        "evidence refused: the evidence of " + window.key() + " in Redis is not what Slips writes");
            } else {
                std::string json = wire::legacy::encode(kept.evidence, kept.context);
                kept.publishes = window.held.put(kept.evidence.description, json);
                if (kept.publishes) publishes.push_back(std::move(json));
                any = true;
            }
        }
    }
    if (!any) {
        links.main.send(wire::Purpose::queued, 0, "UNWATCH");
        return;
    }
    batch_id_ = ids_.next();
    const auto queue = [&](const auto&... words) { links.main.send(wire::Purpose::queued, 0, words...); };
    queue("MULTI");
    for (const Window& window : windows_) {
        if (!window.exists || !window.readable) continue;
        const std::string text = window.held.text();
        queue("HSET", window.key(), "Evidence", text);
        queue("HSET", "evidence" + window.profileid, window.twid, text);
    }
    for (const std::string& json : publishes) queue("PUBLISH", "evidence_added", json);
    queue("SET", marker_, batch_id_, "EX", 86400);
    send_main(links, wire::Purpose::stored, 0, "EXEC");
}

inline void LegacyOutbox::written(Links& links) {
    if (!links.cache_up) return;
    for (const Kept& kept : batch_) {
        if (!kept.done || !kept.written) continue;  // tried again with the next batch, or refused
        const auto info = ip_info_.find(wire::legacy::scored_ip(kept.evidence, kept.context));
        if (info == ip_info_.end()) continue;
        links.cache.send(wire::Purpose::score, 0, "HSET", "IPsInfo", info->first, wire::legacy::scored(info->second));
        ip_info_.erase(info);  // once for each address
    }
}

inline void LegacyOutbox::answer(Links&, wire::Pipeline::Awaited awaited, const wire::Reply& reply,
                                 Clock::time_point now) {
    if (reply.is_error()) {
        ++stats_.redis.error_replies;
        report_(reply.text, "Redis answered: " + std::string(reply.text));
    }
    switch (awaited.purpose) {
        case wire::Purpose::window: {
            Window& window = windows_[awaited.index / 3];
            if (reply.is_error() && !reply.text.starts_with("WRONGTYPE")) {  // loading, busy, no rights yet…
                unread_ = true;
                return pause(now);
            }
            if (awaited.index % 3 == 1) window.readable = !reply.is_error() && window.held.read(reply.text);
            if (awaited.index % 3 == 2) window.exists = !reply.is_error() && !reply.is_nil();
            return;
        }
        case wire::Purpose::enrichment:
            if (!reply.is_error()) ip_info_[asked_ips_[awaited.index]] = std::string(reply.text);
            return;
        case wire::Purpose::asked:
            if (reply.is_error()) return pause(now);
            if (!reply.is_nil() && reply.text == batch_id_) return all_stored();
            for (Kept& kept : batch_) kept.written = false;
            return;
        case wire::Purpose::stored: return stored(reply, now);
        default: return;
    }
}

inline void LegacyOutbox::stored(const wire::Reply& reply, Clock::time_point now) {
    if (reply.kind == wire::Reply::Kind::list) {
        for (std::size_t i = 0; i < reply.size; ++i) {
            if (!reply[i].is_error()) continue;
            ++stats_.redis.error_replies;
            report_(reply[i].text, "Redis answered within an evidence: " + std::string(reply[i].text));
        }
        return all_stored();
    }
    for (Kept& kept : batch_) kept.written = false;
    if (reply.is_nil()) ++stats_.redis.conflicts;  // another module wrote into one of the windows: read again
    else pause(now);
}

inline void LegacyOutbox::all_stored() {
    for (Kept& kept : batch_) {
        if (kept.done) continue;
        acknowledge(kept);
        ++(kept.publishes ? stats_.evidence.published : stats_.evidence.deduplicated);
    }
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
