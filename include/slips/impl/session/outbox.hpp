// Evidence between set_evidence() and Redis' acknowledgement: kept until stored, stored once.
//
// Evidence goes out in batches, one at a time: what must be known is read for all of it at once, then all of it
// is written. Evidence that comes meanwhile makes the next batch, so batches grow by themselves under load. When
// the connection breaks, what was written but not acknowledged is asked for before it is sent again.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/detail/clock.hpp"
#include "slips/evidence.hpp"
#include "slips/impl/session/old_clients.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/stats.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

namespace detail {

/// A completed, validated evidence on its way.
struct PendingEvidence {
    Evidence evidence{};
    Context context{};
    std::size_t size = 0;      ///< bytes of its texts
    bool written = false;      ///< a transaction with it was given to the connection
    bool done = false;         ///< acknowledged or given up: leaves with its batch
    std::optional<bool> caused{};  ///< current, after a reconnect: it is among flows_causing_evidence, or is not
    std::size_t store_at = 0;    ///< where the HSET into its window answers among EXEC's results
    std::size_t publish_at = 0;  ///< current: the same of PUBLISH
    bool publishes = false;      ///< legacy: not a repeat
    std::uint32_t shape = 0;     ///< current: of which shape the launcher lets Slips' own reader see one; 0: of none
};

/// The connections a batch goes over, and how to speak to the author.
struct Links {
    wire::Pipeline& main;
    wire::Pipeline& cache;
    OldClients& old_clients;
    bool main_up = false;
    bool cache_up = false;
};

class Outbox {
public:
    /// Speaks one line to the author; the same `kind` only once.
    using Report = std::function<void(std::string_view kind, const std::string& line)>;

    Outbox(Stats& stats, Report report) : stats_(stats), report_(std::move(report)) {}
    virtual ~Outbox() = default;
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;

    static constexpr std::size_t room = 100'000;        ///< evidence kept at most
    static constexpr std::size_t room_bytes = 64 << 20;  ///< of its texts
    static constexpr std::size_t batch_size = 256;
    static constexpr std::size_t batch_bytes = 4 << 20;  ///< but one evidence at least

    std::size_t kept() const { return waiting_.size() + batch_.size(); }
    /// Of what is kept, what Redis has not acknowledged.
    std::size_t unstored() const {
        return waiting_.size() +
               static_cast<std::size_t>(std::count_if(batch_.begin(), batch_.end(), [](const PendingEvidence& k) { return !k.done; }));
    }
    /// Why no more is kept at the moment; empty: there is room.
    std::string no_room_for(const Evidence& evidence, const Context& context) const {
        const std::string see = "; it is accepted again once Redis stores some (see its answers above, and its log)";
        if (kept() >= room) return "store: " + std::to_string(room) + " evidence are waiting for Redis already" + see;
        if (bytes_ + size_of(evidence, context) > room_bytes)
            return "store: " + std::to_string(room_bytes >> 20) + " MiB of evidence are waiting for Redis already" + see;
        return {};
    }
    /// What was written may be carried out or not.
    bool in_doubt() const { return !waiting_.empty() && waiting_.front().written; }

    /// More has been set than Redis takes at the moment: what has not been heard yet had better wait in Redis.
    /// Not while Redis takes nothing at all: then it is more important not to be cut off.
    bool congested(Clock::time_point now) const {
        return (kept() >= 2 * batch_size || bytes_ >= 2 * batch_bytes) && !pausing(now);
    }
    void accept(Evidence&& evidence, const Context& context, std::uint32_t shape = 0) {
        PendingEvidence& kept = waiting_.emplace_back();
        kept.shape = shape;
        bytes_ += kept.size = size_of(evidence, context);
        kept.evidence = std::move(evidence);
        kept.context.profileid = context.profileid;  // all that counts of it once the evidence is complete
        kept.context.twid = context.twid;
    }

    /// Begins no batch until released: it is not known yet whether Slips can read the evidence that waits.
    void hold(bool held) { held_ = held; }
    /// Gives up what waits of this shape, which Slips cannot read.
    void give_up_shape(std::uint32_t shape, std::string_view kind, const std::string& why) {
        const auto gone = [shape](const PendingEvidence& kept) { return kept.shape == shape; };
        for (const PendingEvidence& kept : waiting_)
            if (gone(kept)) bytes_ -= kept.size;
        const std::size_t count = std::erase_if(waiting_, gone);
        stats_.evidence.given_up += count;
        if (count != 0) report_(kind, why);
    }

    /// Begins the next batch when there is one and the last is through.
    void pump(Links& links, Clock::time_point now);

    /// A reply of either connection, sent with one of the purposes `profile` to `score`.
    void reply(Links& links, wire::Pipeline::Awaited awaited, const wire::Reply& reply, Clock::time_point now);

    void main_lost() {
        // written and not acknowledged: ask. Not written: as if nothing had happened
        phase_ = Phase::idle;
        stale_cache_ += awaited_cache_;  // these still come, and are nobody's
        awaited_main_ = awaited_cache_ = 0;
        put_back();
        forget();
    }
    void cache_lost(Links& links, Clock::time_point now) {
        stale_cache_ = awaited_cache_ = 0;
        forget_unanswered();
        if (phase_ == Phase::reading && awaited_main_ == 0) start_writing(links, now);
    }

    /// When to pump again though nothing has come: after a pause because Redis took nothing.
    bool pausing(Clock::time_point now) const { return !waiting_.empty() && now < resume_at_; }
    Clock::time_point resume_at() const { return resume_at_; }

    /// What is learnt of Slips' database may be over (reconnect, another Slips).
    virtual void forget() {}

protected:
    enum class Phase : std::uint8_t { idle, asking, reading, writing };

    // What a generation does. All write to the pipelines and return at once.
    virtual void ask(Links& links) = 0;                         ///< of written_ ones in batch_: stored or not?
    virtual void read(Links& links, Clock::time_point now) = 0;
    virtual void write(Links& links) = 0;
    virtual void answer(Links& links, wire::Pipeline::Awaited awaited, const wire::Reply& reply,
                        Clock::time_point now) = 0;
    virtual void written(Links&) {}                             ///< the batch is through: what may follow
    virtual void forget_unanswered() {}                         ///< the cache was asked, and is gone

    /// Sends a command whose reply the phase waits for.
    template <class... Words>
    void send_main(Links& links, wire::Purpose purpose, std::size_t index, const Words&... words) {
        links.main.send(purpose, static_cast<std::uint32_t>(index), words...);
        ++awaited_main_;
    }
    template <class... Words>
    void send_cache(Links& links, wire::Purpose purpose, std::size_t index, const Words&... words) {
        links.cache.send(purpose, static_cast<std::uint32_t>(index), words...);
        ++awaited_cache_;
    }

    void acknowledge(PendingEvidence& kept) {
        kept.done = true;
        ++stats_.evidence.acknowledged;
    }
    void give_up(PendingEvidence& kept, std::string_view kind, const std::string& why) {
        kept.done = true;
        ++stats_.evidence.given_up;
        report_(kind, why);
    }
    void pause(Clock::time_point now) { resume_at_ = now + std::chrono::seconds(1); }

    void start_writing(Links& links, Clock::time_point now) {
        phase_ = Phase::writing;
        for (PendingEvidence& kept : batch_) kept.written = true;
        write(links);
        end_of_phase(links, now);
    }

    Stats& stats_;
    Report report_;
    std::vector<PendingEvidence> batch_{};
    std::size_t awaited_main_ = 0;
    std::size_t awaited_cache_ = 0;

private:
    void end_of_phase(Links& links, Clock::time_point now);

    static std::size_t size_of(const Evidence& evidence, const Context& context);

    /// What is not done goes back to the front, in order; what was written comes first, as it is asked for by itself.
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
    Phase phase_ = Phase::idle;
    bool held_ = false;
    std::size_t stale_cache_ = 0;  ///< replies of the cache to a batch that is no more
    Clock::time_point resume_at_{};
};

// ---------------------------------------------------------------------------------------------------------

inline void Outbox::pump(Links& links, Clock::time_point now) {
    if (phase_ != Phase::idle || held_ || waiting_.empty() || !links.main_up || now < resume_at_) return;
    // what was written before the connection broke stands at the front: it is asked for by itself
    const bool doubtful = in_doubt();
    if (doubtful && !links.old_clients.known()) return;  // soon: its answers are on their way
    std::size_t bytes = 0;
    while (!waiting_.empty() && batch_.size() < batch_size && waiting_.front().written == doubtful) {
        bytes += waiting_.front().size;
        if (bytes > batch_bytes && !batch_.empty()) break;
        batch_.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    phase_ = doubtful ? Phase::asking : Phase::reading;
    if (doubtful) {
        links.old_clients.end(links.main);  // what is asked now shall not be overtaken by what was sent before
        ask(links);
    } else {
        read(links, now);
    }
    end_of_phase(links, now);
}

inline std::size_t Outbox::size_of(const Evidence& evidence, const Context& context) {
    std::size_t size = evidence.description.size() + evidence.attacker.value.size() + evidence.victim.value.size() +
                       evidence.category.size() + evidence.interface.size() + evidence.id.size() +
                       evidence.source_target_tag.size() + context.profileid.size() + context.twid.size();
    for (const auto* texts : {&evidence.uids, &evidence.related_ids})
        for (const std::string& text : *texts) size += sizeof text + text.size();
    return size;
}

inline void Outbox::end_of_phase(Links& links, Clock::time_point now) {
    if (awaited_main_ || awaited_cache_) return;
    if (phase_ == Phase::reading) {
        start_writing(links, now);
    } else if (phase_ == Phase::asking || phase_ == Phase::writing) {
        if (phase_ == Phase::writing) written(links);
        phase_ = Phase::idle;
        put_back();
        pump(links, now);
    }
}

inline void Outbox::reply(Links& links, wire::Pipeline::Awaited awaited, const wire::Reply& reply,
                          Clock::time_point now) {
    switch (awaited.purpose) {
        case wire::Purpose::enrichment:  // the answer may ask on: then the phase goes on as well
            if (stale_cache_ != 0) return static_cast<void>(--stale_cache_);
            --awaited_cache_;
            break;
        case wire::Purpose::profile:
        case wire::Purpose::width:
        case wire::Purpose::max_level:
        case wire::Purpose::window:
        case wire::Purpose::asked:
        case wire::Purpose::stored: --awaited_main_; break;
        default: answer(links, awaited, reply, now); return;  // nothing waits for these
    }
    answer(links, awaited, reply, now);
    end_of_phase(links, now);
}

}  // namespace detail
}  // namespace slips::inline SLIPS_SDK_ABI
