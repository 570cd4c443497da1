// Evidence between set_evidence() and Redis' acknowledgement: kept until stored, stored once.
//
// Evidence is sent in batches, one at a time: first everything that must be known is read for the whole batch, then the whole
// batch is written. Evidence that is set meanwhile forms the next batch, so batches grow under load. When the connection was
// lost, the module asks whether evidence that was written but not acknowledged was stored, before it sends it again.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/detail/clock.hpp"
#include "slips/detail/dialect.hpp"
#include "slips/evidence.hpp"
#include "slips/impl/session/links.hpp"
#include "slips/impl/session/once_log.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/stats.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// A completed, validated evidence that is not stored yet.
struct PendingEvidence {
    Evidence evidence{};
    Context context{};
    std::size_t size = 0;          ///< bytes of its texts
    bool written = false;          ///< a transaction with it was passed to the connection
    bool done = false;             ///< acknowledged or given up; removed with its batch
    std::optional<bool> caused{};  ///< current, after a reconnect: whether flows_causing_evidence contains it
    std::size_t store_at = 0;      ///< index of the HSET into its window among EXEC's results
    std::size_t publish_at = 0;    ///< current: index of the PUBLISH
    bool publishes = false;        ///< legacy: not a repeat
    std::uint32_t shape = 0;       ///< current: see EvidenceCheck; 0: not checked
};

/// Stores evidence; the derived classes contain what differs between the ways in which Slips stores it.
class Outbox : public wire::ReplyHandler {
public:
    Outbox(Links& links, Stats& stats, OnceLog& log) : links_(links), stats_(stats), log_(log) {}
    virtual ~Outbox() = default;
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;

    static constexpr std::size_t room = 100'000;         ///< evidence kept at most
    static constexpr std::size_t room_bytes = 64 << 20;  ///< of its texts
    static constexpr std::size_t batch_size = 256;
    static constexpr std::size_t batch_bytes = 4 << 20;  ///< a batch may exceed this with one evidence only

    /// Returns the bytes of its texts.
    static std::size_t size_of(const Evidence& evidence, const Context& context);
    std::size_t kept() const { return waiting_.size() + batch_.size(); }
    /// Returns how many of the kept ones Redis has not acknowledged.
    std::size_t unstored() const {
        const auto open =
            std::count_if(batch_.begin(), batch_.end(), [](const PendingEvidence& kept) { return !kept.done; });
        return waiting_.size() + static_cast<std::size_t>(open);
    }
    /// Returns why this evidence cannot be kept at the moment, or an empty string if it can.
    std::string no_room_for(const Evidence& evidence, const Context& context) const {
        const std::string see = "; it is accepted again once Redis stores some (see its errors above, and its log)";
        if (kept() >= room)
            return "store: " + std::to_string(room) + " pieces of evidence are waiting for Redis already" + see;
        if (bytes_ + size_of(evidence, context) > room_bytes)
            return "store: " + std::to_string(room_bytes >> 20) + " MiB of evidence are waiting for Redis already" +
                   see;
        return {};
    }
    /// Returns whether the oldest evidence was written and not acknowledged: Redis may have stored it or not.
    bool in_doubt() const { return !waiting_.empty() && waiting_.front().written; }

    /// Returns whether to stop reading messages (back-pressure): two batches are queued and Redis accepts writes. While Redis
    /// refuses writes, messages are read all the same: otherwise Redis would close the connection.
    bool congested(Clock::time_point now) const {
        return (kept() >= 2 * batch_size || bytes_ >= 2 * batch_bytes) && !pausing(now);
    }
    void accept(Evidence&& evidence, const Context& context, std::uint32_t shape = 0) {
        PendingEvidence& kept = waiting_.emplace_back();
        kept.shape = shape;
        bytes_ += kept.size = size_of(evidence, context);
        kept.evidence = std::move(evidence);
        kept.context.profileid = context.profileid;  // the rest has been copied into the evidence
        kept.context.twid = context.twid;
    }

    /// Sets the dialect of Slips; call it before pump().
    virtual void set_dialect(const Dialect& dialect) { dialect_ = &dialect; }
    /// While held, begins no batch: it is not known yet whether Slips can read the waiting evidence.
    void hold(bool held) { held_ = held; }
    /// Gives up the waiting evidence of this shape, which Slips cannot read.
    void give_up_shape(std::uint32_t shape, std::string_view kind, const std::string& why) {
        const auto gone = [shape](const PendingEvidence& kept) { return kept.shape == shape; };
        for (const PendingEvidence& kept : waiting_)
            if (gone(kept)) bytes_ -= kept.size;
        const std::size_t count = std::erase_if(waiting_, gone);
        stats_.evidence.given_up += count;
        if (count != 0) log_.log_once(kind, why);
    }

    /// Removes and returns the evidence that was not written. `all`: what Redis has not acknowledged is given up.
    std::vector<std::pair<Context, Evidence>> take_waiting(bool all) {
        std::vector<std::pair<Context, Evidence>> taken;
        std::deque<PendingEvidence> left;
        for (PendingEvidence& kept : waiting_) {
            if (kept.written && !all) {
                left.push_back(std::move(kept));
                continue;
            }
            bytes_ -= kept.size;
            if (kept.written)
                give_up(kept, "another Slips",
                        "evidence given up: another Slips has followed before Redis acknowledged the evidence");
            else taken.emplace_back(std::move(kept.context), std::move(kept.evidence));
        }
        waiting_ = std::move(left);
        return taken;
    }

    /// Begins the next batch if evidence is waiting and the last batch is complete.
    void pump(Clock::time_point now);

    void main_lost() {
        phase_ = Phase::idle;
        main_replies_.reset();
        cache_replies_.drop();
        put_back();
        forget();
    }
    void cache_lost(Clock::time_point now) {
        cache_replies_.reset();
        forget_unanswered();
        if (phase_ == Phase::reading && main_replies_.count() == 0) start_writing(now);
    }

    /// Returns whether evidence waits because Redis has refused to write some: pump() has no effect before resume_at().
    bool pausing(Clock::time_point now) const { return !waiting_.empty() && now < resume_at_; }
    Clock::time_point resume_at() const { return resume_at_; }

    /// Clears what was read from Slips' database, which may have changed: after a reconnect it may be another Slips.
    virtual void forget() {}

protected:
    enum class Phase : std::uint8_t { idle, asking, reading, writing };

    // What differs between the stores. All of these send commands and return at once.
    virtual void ask() = 0;  ///< asks whether the evidence in batch_ was stored
    virtual void read(Clock::time_point now) = 0;
    virtual void write() = 0;
    virtual void written() {}            ///< the batch is complete: sends what follows it
    virtual void forget_unanswered() {}  ///< the connection to the cache is lost

    /// Returns where the reply to a command on the main connection goes for which the phase waits. Send exactly one.
    template <class Tag>
    wire::ReplyTo await_main(Tag tag, std::size_t index = 0) {
        return main_replies_.await(tag, index);
    }
    /// The same for the cache.
    template <class Tag>
    wire::ReplyTo await_cache(Tag tag, std::size_t index = 0) {
        return cache_replies_.await(tag, index);
    }

    void acknowledge(PendingEvidence& kept) {
        kept.done = true;
        ++stats_.evidence.acknowledged;
    }
    void give_up(PendingEvidence& kept, std::string_view kind, const std::string& why) {
        kept.done = true;
        ++stats_.evidence.given_up;
        log_.log_once(kind, why);
    }
    void count_error(std::string_view error, std::string_view where = "Redis replied: ") {
        ++stats_.redis.error_replies;
        log_.log_once(error, std::string(where) + std::string(error));
    }
    /// Counts and logs the errors among EXEC's results.
    void count_errors_in(const wire::Reply& results) {
        for (std::size_t i = 0; i < results.size; ++i)
            if (results[i].is_error()) count_error(results[i].text, "Redis replied within an evidence: ");
    }
    void pause(Clock::time_point now, Clock::duration time = std::chrono::seconds(1)) { resume_at_ = now + time; }

    Links& links_;
    Stats& stats_;
    OnceLog& log_;
    const Dialect* dialect_ = nullptr;
    std::vector<PendingEvidence> batch_{};
    std::size_t batch_limit_ = batch_size;  ///< of the next batch

    void give_up_without_window(PendingEvidence& kept) {
        give_up(kept, "no such window",
                "evidence given up: Slips has no " + kept.context.twid + " for " + kept.context.profileid +
                    " (evidence for a window that does not exist stops Slips' evidence process)");
    }

private:
    /// Counts the replies for which the phase waits, and passes them on.
    class AwaitedReplies final : public wire::ReplyHandler {
    public:
        explicit AwaitedReplies(Outbox& outbox) : outbox_(outbox) {}

        template <class Tag>
        wire::ReplyTo await(Tag tag, std::size_t index) {
            ++count_;
            return {*this, tag, index};
        }
        std::size_t count() const { return count_; }
        /// The replies so far, which still come, belong to a batch that no longer exists.
        void drop() { stale_ += std::exchange(count_, 0); }
        /// The connection is lost: no reply comes any more.
        void reset() { stale_ = count_ = 0; }

        void reply(std::uint8_t tag, std::uint32_t index, const wire::Reply& reply, Clock::time_point now) override {
            if (stale_ != 0) return static_cast<void>(--stale_);
            --count_;
            outbox_.reply(tag, index, reply, now);  // may send another command: then the phase goes on
            outbox_.end_phase_if_answered(now);
        }

    private:
        Outbox& outbox_;
        std::size_t count_ = 0;
        std::size_t stale_ = 0;
    };

    void start_writing(Clock::time_point now) {
        phase_ = Phase::writing;
        for (PendingEvidence& kept : batch_) kept.written = true;
        write();
        end_phase_if_answered(now);
    }
    void end_phase_if_answered(Clock::time_point now);

    /// Moves what is not done back to the front, in order. What was written comes first: it is asked for separately.
    void put_back() {
        for (const bool written : {false, true})
            for (auto kept = batch_.rbegin(); kept != batch_.rend(); ++kept)
                if (!kept->done && kept->written == written) waiting_.push_front(std::move(*kept));
        for (const PendingEvidence& kept : batch_)
            if (kept.done) bytes_ -= kept.size;
        batch_.clear();
    }

    std::deque<PendingEvidence> waiting_{};
    std::size_t bytes_ = 0;  ///< of the texts of what is kept
    AwaitedReplies main_replies_{*this};
    AwaitedReplies cache_replies_{*this};
    Phase phase_ = Phase::idle;
    bool held_ = false;
    Clock::time_point resume_at_{};
};

// ---------------------------------------------------------------------------------------------------------

inline void Outbox::pump(Clock::time_point now) {
    if (phase_ != Phase::idle || held_ || waiting_.empty() || !links_.main_up || now < resume_at_) return;
    // what was written before the connection broke is at the front: it makes a batch of its own
    const bool doubtful = in_doubt();
    if (doubtful && !links_.old_clients.known()) return;  // the replies are on their way
    std::size_t bytes = 0;
    while (!waiting_.empty() && batch_.size() < batch_limit_ && waiting_.front().written == doubtful) {
        bytes += waiting_.front().size;
        if (bytes > batch_bytes && !batch_.empty()) break;
        batch_.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    phase_ = doubtful ? Phase::asking : Phase::reading;
    if (doubtful) {
        links_.old_clients.end(
            links_.main);  // otherwise commands of the old connection might arrive after the question
        ask();
    } else {
        read(now);
    }
    end_phase_if_answered(now);
}

inline std::size_t Outbox::size_of(const Evidence& evidence, const Context& context) {
    std::size_t size = evidence.description.size() + evidence.attacker.value.size() + evidence.victim.value.size() +
                       evidence.category.size() + evidence.interface.size() + evidence.id.size() +
                       evidence.source_target_tag.size() + context.profileid.size() + context.twid.size();
    for (const auto* texts : {&evidence.uids, &evidence.related_ids})
        for (const std::string& text : *texts) size += sizeof text + text.size();
    return size;
}

inline void Outbox::end_phase_if_answered(Clock::time_point now) {
    if (main_replies_.count() != 0 || cache_replies_.count() != 0) return;
    if (phase_ == Phase::reading) {
        start_writing(now);
    } else if (phase_ == Phase::asking || phase_ == Phase::writing) {
        if (phase_ == Phase::writing) written();
        phase_ = Phase::idle;
        put_back();
        pump(now);
    }
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
