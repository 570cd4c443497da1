// Metrics: what a module counts and measures, under names of its own.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// The name of a metric: letters, digits and '_', no digit first, at most 100 characters; as in Prometheus. A literal is
/// checked by the compiler, and faster than other text.
class MetricName {
public:
    static constexpr std::size_t longest = 100;  ///< characters

    /// A literal; a wrong one does not compile.
    template <std::size_t Size>
    consteval MetricName(const char (&name)[Size]);  // NOLINT(google-explicit-constructor): a name is a text
    /// Text that is known at run time and outlives the call.
    MetricName(std::string_view name);  // NOLINT(google-explicit-constructor)
    /// The same.
    MetricName(const std::string& name);  // NOLINT(google-explicit-constructor)
    /// The same. A template, so that a literal is not converted to a pointer.
    template <std::same_as<const char*> Pointer>
    MetricName(const Pointer& name)  // NOLINT(google-explicit-constructor)
        : MetricName(std::string_view(name)) {}

    constexpr std::string_view text() const { return text_; }  ///< the name
    constexpr std::uint32_t hash() const { return hash_; }     ///< of the text; of a literal, computed by the compiler

private:
    std::string_view text_;
    std::uint32_t hash_;
};

namespace detail {

struct Metric {
    enum class Kind : std::uint8_t { count, gauge };

    std::string name{};
    std::uint32_t hash = 0;
    Kind kind = Kind::count;
    std::uint64_t count = 0;
    double gauge = 0;
};

}  // namespace detail

/// The metrics of a module since its start: counts, which only grow, and gauges, which have a last value.
class Metrics {
public:
    static constexpr std::size_t most = 256;  ///< names; further ones are refused

    /// Returns a count; 0 if there is none of this name.
    std::uint64_t count(std::string_view name) const;
    /// Returns the last value of a gauge; nullopt if there is none of this name.
    std::optional<double> gauge(std::string_view name) const;
    bool empty() const { return entries_.empty(); }  ///< there is neither a count nor a gauge

    /// Returns all of them: {"counts": {"names_checked": 12}, "gauges": {"names_known": 7.0}}.
    SLIPS_SDK_DECL std::string json() const;

    // --- not for module authors -----------------------------------------------------------------------------

    /// Adds to a count. Returns why it cannot; null if it could. Allocates memory at the first call for a name only.
    const char* add(const MetricName& name, std::uint64_t by);
    /// Sets a gauge. The same.
    const char* set(const MetricName& name, double value);
    const std::vector<detail::Metric>& all() const { return entries_; }  ///< in the order of their first calls
    /// Returns how often a value has changed; it may wrap.
    std::uint64_t changes() const { return changes_; }

private:
    static constexpr std::size_t slot_count = 1024;  ///< a power of two; at most a quarter is in use
    using Kind = detail::Metric::Kind;
    using Entry = detail::Metric;

    const Entry* find(std::string_view name, std::uint32_t hash) const;
    /// Returns the entry, a new one if there is none yet; null, and sets `why`, if it cannot.
    Entry* entry(const MetricName& name, Kind kind, const char*& why);
    Entry* create(const MetricName& name, Kind kind, const char*& why);

    std::vector<Entry> entries_{};        ///< in the order of their first calls
    std::vector<std::uint16_t> slots_{};  ///< a hash table: 1 + the index of an entry, or 0; empty without entries
    std::uint64_t changes_ = 0;
};

// ---------------------------------------------------------------------------------------------------------

namespace detail {

/// Not constexpr: reached while compiling a constant, the compiler names it in its error.
inline void slips_the_name_of_a_metric_has_letters_digits_and_underscores_only() {}

constexpr bool is_metric_name(std::string_view name) {
    if (name.empty() || name.size() > MetricName::longest || (name[0] >= '0' && name[0] <= '9')) return false;
    for (const char c : name)
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) return false;
    return true;
}

/// FNV-1a. Names come from the module's author, so that nobody else can make them collide.
constexpr std::uint32_t hash_of_metric(std::string_view name) {
    std::uint32_t hash = 2166136261U;
    for (const char c : name.substr(0, MetricName::longest)) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    return hash;
}

}  // namespace detail

template <std::size_t Size>
consteval MetricName::MetricName(const char (&name)[Size])
    : text_(name, Size - 1), hash_(detail::hash_of_metric(text_)) {
    if (!detail::is_metric_name(text_)) detail::slips_the_name_of_a_metric_has_letters_digits_and_underscores_only();
}
inline MetricName::MetricName(std::string_view name) : text_(name), hash_(detail::hash_of_metric(name)) {}
inline MetricName::MetricName(const std::string& name) : MetricName(std::string_view(name)) {}

inline const detail::Metric* Metrics::find(std::string_view name, std::uint32_t hash) const {
    if (slots_.empty()) return nullptr;
    for (std::size_t at = hash;; ++at) {
        const std::uint16_t slot = slots_[at % slot_count];
        if (slot == 0) return nullptr;
        const Entry& found = entries_[slot - 1U];
        if (found.hash == hash && found.name == name) return &found;
    }
}

inline detail::Metric* Metrics::entry(const MetricName& name, Kind kind, const char*& why) {
    if (const Entry* found = find(name.text(), name.hash()); found && found->kind == kind)
        return &entries_[static_cast<std::size_t>(found - entries_.data())];
    return create(name, kind, why);
}

inline detail::Metric* Metrics::create(const MetricName& name, Kind kind, const char*& why) {
    if (!detail::is_metric_name(name.text())) {
        why = "the name of a metric has letters, digits and '_' only, no digit first, and at most 100 characters";
    } else if (find(name.text(), name.hash())) {
        why = "count() and gauge() need different names; this one is used by the other";
    } else if (entries_.size() == most) {
        why = "the module has 256 metrics already; further ones are left out";
    }
    if (why) return nullptr;
    if (slots_.empty()) slots_.resize(slot_count);
    entries_.push_back({std::string(name.text()), name.hash(), kind, 0, 0});
    std::size_t at = name.hash();
    while (slots_[at % slot_count] != 0) ++at;
    slots_[at % slot_count] = static_cast<std::uint16_t>(entries_.size());
    ++changes_;
    return &entries_.back();
}

inline const char* Metrics::add(const MetricName& name, std::uint64_t by) {
    const char* why = nullptr;
    if (Entry* const found = entry(name, Kind::count, why)) {
        found->count += by;
        changes_ += by != 0;
    }
    return why;
}

inline const char* Metrics::set(const MetricName& name, double value) {
    if (!(value - value == 0)) return "the value is not a finite number; the gauge keeps its last one";
    const char* why = nullptr;
    if (Entry* const found = entry(name, Kind::gauge, why)) {
        changes_ += found->gauge < value || found->gauge > value;
        found->gauge = value;
    }
    return why;
}

inline std::uint64_t Metrics::count(std::string_view name) const {
    const Entry* const found = find(name, detail::hash_of_metric(name));
    return found && found->kind == Kind::count ? found->count : 0;
}

inline std::optional<double> Metrics::gauge(std::string_view name) const {
    const Entry* const found = find(name, detail::hash_of_metric(name));
    return found && found->kind == Kind::gauge ? std::optional(found->gauge) : std::nullopt;
}

}  // namespace slips::inline SLIPS_SDK_ABI
