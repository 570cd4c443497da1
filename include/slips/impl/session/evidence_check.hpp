// Slips' own reader is tried with an evidence of each shape before any of that shape is sent: Slips' evidence handler ends if
// it cannot read an evidence, and raises no alert any more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "slips/evidence.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class EvidenceCheck {
public:
    /// Asks the launcher whether Slips can read this evidence; pass its reply to answered().
    using Ask = std::function<void(std::uint32_t shape, std::string_view evidence)>;

    /// Until this is called nothing is checked: a module that was started by hand has no launcher.
    void set_ask(Ask ask) { ask_ = std::move(ask); }
    bool on() const { return static_cast<bool>(ask_); }

    /// Returns the shape of a completed evidence, which stands for its type and for the names and fields that Slips reads. Asks
    /// about a new shape with the evidence that `encode()` returns.
    template <class Encode>
    std::uint32_t shape_of(const Evidence& evidence, Encode&& encode) {
        const std::uint64_t key = key_of(evidence);
        if (const auto found = numbers_.find(key); found != numbers_.end()) return found->second;
        const std::string preview = encode();
        const auto number = static_cast<std::uint32_t>(shapes_.size() + 1);
        shapes_.push_back(ended_ ? Shape{true, unseen_} : Shape{});
        numbers_.emplace(key, number);
        if (!ended_) {
            ++unanswered_;
            ask_(number, preview);
        }
        return number;
    }

    /// Stores the launcher's reply. Returns false if there was no such question.
    bool answered(std::uint32_t shape, std::string_view problem) {
        if (shape == 0 || shape > shapes_.size() || shapes_[shape - 1].answered) return false;
        shapes_[shape - 1] = {true, std::string(problem)};
        --unanswered_;
        return true;
    }

    /// Ends the checks: the launcher has ended. `unseen` is why unchecked evidence must not be sent; empty: it may be sent, as
    /// by a module that was started by hand. Returns the shapes whose check is not complete. May be called from within Ask.
    std::vector<std::uint32_t> end(std::string unseen) {
        std::vector<std::uint32_t> unanswered;
        if (std::exchange(ended_, true)) return unanswered;
        unseen_ = std::move(unseen);
        for (std::size_t i = 0; i < shapes_.size(); ++i) {
            if (shapes_[i].answered) continue;
            shapes_[i] = {true, unseen_};
            unanswered.push_back(static_cast<std::uint32_t>(i + 1));
        }
        unanswered_ = 0;
        return unanswered;
    }

    /// Returns whether a reply is still to come.
    bool waiting() const { return unanswered_ != 0; }
    /// Returns why Slips cannot read evidence of this shape; empty: it can, or the check is not complete.
    const std::string& problem(std::uint32_t shape) const { return shapes_[shape - 1].problem; }

private:
    struct Shape {
        bool answered = false;
        std::string problem{};
    };

    static std::uint64_t key_of(const Evidence& e) {
        std::uint64_t fields = 1;
        const auto add = [&fields](auto number) { fields = fields * 19 + static_cast<std::uint64_t>(number); };
        add(e.threat_level.value_or(ThreatLevel::info));
        add(e.method);
        add(e.proto ? static_cast<int>(*e.proto) + 1 : 0);
        for (const Ioc* ioc : {&e.attacker, &e.victim}) {
            add(ioc->empty() ? 0 : static_cast<int>(ioc->type.value_or(IocType::ip)) + 1);
            add(ioc->empty() ? 0 : static_cast<int>(ioc->direction.value_or(Direction::src)) + 1);
        }
        add((e.related_ids.empty() ? 0 : 1) + (e.src_port ? 2 : 0) + (e.dst_port ? 4 : 0));
        return std::hash<std::string_view>()(e.type.current) ^ fields * 0x9e3779b97f4a7c15ULL;
    }

    Ask ask_{};
    bool ended_ = false;
    std::string unseen_{};
    std::unordered_map<std::uint64_t, std::uint32_t> numbers_{};
    std::vector<Shape> shapes_{};
    std::size_t unanswered_ = 0;
};

}  // namespace slips::inline SLIPS_SDK_ABI::detail
