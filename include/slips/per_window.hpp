// PerWindow<T>: what a module keeps of each time window of a profile.
#pragma once

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <iterator>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "slips/evidence.hpp"
#include "slips/module.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// A time window of a profile.
struct WindowId {
    std::string profileid{};  ///< "profile_<ip>"; "profile_" for a profile without an address
    std::string twid{};       ///< "timewindow<N>"; numbers count from the start of the profile, not of the day

    friend bool operator==(const WindowId&, const WindowId&) = default;
};

/// A message that names a time window of a profile, such as NewFlow and TwClosed, or a Context.
template <class M>
concept NamesWindow = std::convertible_to<const M&, Context> && requires(const M& message) {
    { message.profileid } -> std::convertible_to<std::string_view>;
    { message.twid } -> std::convertible_to<std::string_view>;
};

namespace detail {

/// Refers to a WindowId that does not move.
struct WindowKey {
    std::string_view profileid{};
    std::string_view twid{};
    friend bool operator==(const WindowKey&, const WindowKey&) = default;
};

struct WindowKeyHash {
    std::size_t operator()(const WindowKey& key) const {
        constexpr std::size_t factor = 31;
        const std::hash<std::string_view> hash;
        return hash(key.profileid) * factor + hash(key.twid);
    }
};

}  // namespace detail

/// Keeps a T for each time window of each profile: `slips::PerWindow<Counts> counts_{*this};`, a member of the module.
///
/// Slips reports the end of a window on `tw_closed`, to which a module with this member subscribes. The T of that window is
/// removed then, after the handler on(const TwClosed&), if there is one: that handler may still read it.
///
/// A window whose end is not reported, because the message was missed (on_gap()), because a late flow has come after it, or
/// because this Slips does not close it, stays until it is dropped. At most `most` windows are kept: a further one drops the
/// window that was not used for the longest time, and dropped() counts it. Strangers can forge addresses, and each is a
/// profile, so a T that grows needs a bound of its own.
///
/// Nothing here throws, except operations of T and allocations that fail. All calls take constant time on average, except clear().
template <class T>
class PerWindow final : private ModuleBase::WindowState {
public:
    using value_type = std::pair<const WindowId, T>;  ///< a window, and what is kept of it

    /// Called with each T that is removed, except by extract() and at the module's end: for totals of all windows. For work at
    /// the end of a window write on(const TwClosed&). If it creates a window itself, and there are `most` again, the oldest is
    /// dropped without calling it.
    using Removed = std::function<void(const WindowId& window, T& value)>;

    static constexpr std::size_t usual_most = 10'000;  ///< windows, if the constructor is given no number

    /// Keeps at most `most` windows, one at least. Throws std::logic_error if the module has subscribed already: make it a
    /// member of the module.
    explicit PerWindow(ModuleBase& module, std::size_t most = usual_most, Removed removed = {})
        : module_(module), most_(most == 0 ? 1 : most), removed_(std::move(removed)) {
        module_.add(*this);
    }
    ~PerWindow() { module_.remove(*this); }
    PerWindow(const PerWindow&) = delete;
    PerWindow& operator=(const PerWindow&) = delete;

    /// Returns what is kept of the message's window. A new window gets a T{}, and drops the oldest if there are `most`. The
    /// reference is valid until the window is removed; other windows do not change that.
    template <NamesWindow M>
    T& operator[](const M& message) {
        // not a constraint of the class: a struct nested in the module is incomplete where the member is declared
        static_assert(std::is_default_constructible_v<T>,
                      "slips: PerWindow<T> creates a T{}; give T a default constructor");
        return with_key(message, [this](std::string_view profileid, std::string_view twid) -> T& {
            if (T* const known = use(profileid, twid)) return *known;
            if (size() >= most_ && releasing_ == 0) {
                drop_oldest();
                if (T* const known = use(profileid, twid)) return *known;  // `Removed` has created it
            }
            make_room();
            entries_.emplace_front(std::piecewise_construct,
                                   std::forward_as_tuple(WindowId{std::string(profileid), std::string(twid)}),
                                   std::forward_as_tuple());
            try {
                index_.emplace(key_of(entries_.front().first), entries_.begin());
            } catch (...) {
                entries_.pop_front();
                throw;
            }
            return entries_.front().second;
        });
    }

    /// Returns what is kept of the message's window, which counts as use, or nullptr.
    template <NamesWindow M>
    T* find(const M& message) {
        return with_key(message,
                        [this](std::string_view profileid, std::string_view twid) { return use(profileid, twid); });
    }
    /// The same without counting as use.
    template <NamesWindow M>
    const T* find(const M& message) const {
        return with_key(
            message, [this](std::string_view profileid, std::string_view twid) { return this->find(profileid, twid); });
    }
    /// Returns what is kept of a window, or nullptr: `find("profile_192.168.1.2", "timewindow1")`. Does not count as use.
    const T* find(std::string_view profileid, std::string_view twid) const {
        const auto place = index_.find(Key{profileid, twid});
        return place == index_.end() ? nullptr : &place->second->second;
    }

    /// Removes and returns what is kept of the message's window; nullopt if nothing is. `Removed` is not called.
    template <NamesWindow M>
    std::optional<T> extract(const M& message) {
        auto node = with_key(
            message, [this](std::string_view profileid, std::string_view twid) { return take(profileid, twid); });
        return node.empty() ? std::nullopt : std::optional<T>(std::move(node.front().second));
    }

    /// Removes the message's window. Returns whether it was kept.
    template <NamesWindow M>
    bool erase(const M& message) {
        return with_key(message, [this](std::string_view profileid, std::string_view twid) {
            return release(take(profileid, twid));
        });
    }

    /// Removes the window that was not used for the longest time, and counts it as dropped: for a module with a limit of its
    /// own, such as bytes. Returns whether there was one.
    bool drop_oldest() {
        if (empty()) return false;
        ++dropped_;
        const WindowId& oldest = entries_.back().first;
        return release(take(oldest.profileid, oldest.twid));
    }

    /// Removes all windows there are; they do not count as dropped. Rethrows the first exception of `Removed` after the last one.
    void clear() {
        Entries taken;
        index_.clear();
        taken.swap(entries_);
        std::exception_ptr first;
        while (!taken.empty()) {
            Entries oldest;
            oldest.splice(oldest.begin(), taken, std::prev(taken.end()));
            try {
                release(std::move(oldest));
            } catch (...) {
                if (!first) first = std::current_exception();
            }
        }
        if (first) std::rethrow_exception(first);
    }

    std::size_t size() const { return index_.size(); }  ///< windows that are kept
    bool empty() const { return index_.empty(); }       ///< no window is kept
    std::size_t most() const { return most_; }          ///< windows that are kept at most
    std::size_t dropped() const { return dropped_; }    ///< windows that were dropped before their end was reported

    // Iteration: the window used last comes first. Removing the current window ends the iteration.
    auto begin() { return entries_.begin(); }        ///< a value_type
    auto end() { return entries_.end(); }            ///< past the last window
    auto begin() const { return entries_.begin(); }  ///< a value_type
    auto end() const { return entries_.end(); }      ///< past the last window

private:
    using Entries = std::list<value_type>;
    using Key = detail::WindowKey;

    static Key key_of(const WindowId& window) { return {window.profileid, window.twid}; }

    /// Calls `call` with the profile and the window of a message. A message without profileid (new_software) has it in its
    /// context, which costs a copy.
    template <class M, class Call>
    static decltype(auto) with_key(const M& message, Call&& call) {
        if (!message.profileid.empty()) return call(message.profileid, message.twid);
        const Context context = message;
        return call(context.profileid, context.twid);
    }

    T* use(std::string_view profileid, std::string_view twid) {
        const auto place = index_.find(Key{profileid, twid});
        if (place == index_.end()) return nullptr;
        entries_.splice(entries_.begin(), entries_, place->second);
        return &place->second->second;
    }

    /// Returns the entry in a list of its own; an empty list if there is none.
    Entries take(std::string_view profileid, std::string_view twid) {
        Entries taken;
        const auto place = index_.find(Key{profileid, twid});
        if (place == index_.end()) return taken;
        taken.splice(taken.begin(), entries_, place->second);
        index_.erase(place);
        return taken;
    }

    bool release(Entries taken) {
        if (taken.empty()) return false;
        if (!removed_) return true;
        struct Scope {  // also if it throws
            explicit Scope(std::size_t& depth) : depth_(depth) { ++depth_; }
            Scope(const Scope&) = delete;
            Scope& operator=(const Scope&) = delete;
            ~Scope() { --depth_; }
            std::size_t& depth_;
        };
        const Scope scope(releasing_);
        removed_(taken.front().first, taken.front().second);  // which may call this object
        return true;
    }

    /// Drops windows for which `Removed` has created others, without calling it: that might never end.
    void make_room() {
        while (size() >= most_) {
            ++dropped_;
            take(entries_.back().first.profileid, entries_.back().first.twid);
        }
    }

    void close(std::string_view profileid, std::string_view twid) override { release(take(profileid, twid)); }

    ModuleBase& module_;
    std::size_t most_;
    Removed removed_;
    Entries entries_{};
    std::unordered_map<Key, typename Entries::iterator, detail::WindowKeyHash> index_{};
    std::size_t dropped_ = 0;
    std::size_t releasing_ = 0;  ///< calls of removed_ that have not returned
};

}  // namespace slips::inline SLIPS_SDK_ABI
