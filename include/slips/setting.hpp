// Setting<T>: what a user can set in the module's own section of Slips' configuration.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "slips/config.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

namespace detail {

template <class T>
inline constexpr bool is_number = (std::integral<T> && !std::same_as<T, bool>) || std::same_as<T, double>;

/// The type of the limits of a setting that has none.
struct NoLimit {};
template <class T, bool = is_number<T>>
struct SettingTypes {
    using Value = std::conditional_t<std::same_as<T, std::string>, std::string_view, T>;
    using Limit = NoLimit;
    static constexpr Limit least{};
    static constexpr Limit greatest{};
};
template <class T>
struct SettingTypes<T, true> {
    using Value = T;
    using Limit = T;
    static constexpr Limit least = std::numeric_limits<T>::lowest();
    static constexpr Limit greatest = std::numeric_limits<T>::max();
};

}  // namespace detail

/// A setting of the module, declared once and listed in ModuleInfo::settings. T: bool, an integer, double, std::string.
///
///   static constexpr slips::Setting<int> many{
///       .name = "many", .by_default = 20, .min = 1, .max = 1000, .description = "ports until a host counts as a scanner"};
///
/// Its value is in the section of slips.yaml or slips.conf that has the module's name; ModuleBase::setting() returns it. A
/// value of another type or out of range, and a key that no setting has, are each logged as one error when the configuration
/// is read; the default is used.
template <class T>
struct Setting {
    static_assert(std::same_as<T, bool> || std::same_as<T, std::string> || detail::is_number<T>,
                  "slips: a setting is a bool, an integer, a double or a std::string; write `slips::Setting<int>`");
    std::string_view name{};                               ///< the key: lower-case letters, digits, '_'
    typename detail::SettingTypes<T>::Value by_default{};  ///< the value if the key is not set
    typename detail::SettingTypes<T>::Limit min = detail::SettingTypes<T>::least;     ///< of a number, inclusive
    typename detail::SettingTypes<T>::Limit max = detail::SettingTypes<T>::greatest;  ///< of a number, inclusive
    std::string_view description{};                                                   ///< one line, with the unit

    /// Returns whether the value is within the limits.
    constexpr bool accepts([[maybe_unused]] const T& value) const {
        if constexpr (detail::is_number<T>) return value >= min && value <= max;
        else return true;
    }

    /// Returns the value in a section, or nullopt if it is not set, of another type, or out of range.
    std::optional<T> read(const Config& config, std::string_view section) const {
        std::optional<T> value = config.try_get<T>(section, name);
        if (value && !accepts(*value)) value.reset();
        return value;
    }
};

/// A setting without its type, as ModuleInfo lists it.
struct SettingInfo {
    /// The types of settings.
    enum class Kind : std::uint8_t { boolean, integer, number, text, natural };

    constexpr SettingInfo() = default;
    /// Describes a setting.
    template <class T>
    constexpr SettingInfo(const Setting<T>& setting);  // NOLINT(google-explicit-constructor): info lists settings

    Kind kind = Kind::text;          ///< which of the members below applies
    std::string_view name{};         ///< the key
    std::string_view description{};  ///< one line
    bool has_min = false;            ///< false: as small as the type allows
    bool has_max = false;            ///< false: as large as the type allows
    bool is_sound = true;            ///< the default is within the limits

    bool boolean = false;           ///< the default
    std::string_view text{};        ///< the default
    std::int64_t integer = 0;       ///< the default
    std::int64_t integer_min = 0;   ///< inclusive
    std::int64_t integer_max = 0;   ///< inclusive
    std::uint64_t natural = 0;      ///< the default: an integer of a type without a sign
    std::uint64_t natural_min = 0;  ///< inclusive
    std::uint64_t natural_max = 0;  ///< inclusive
    double number = 0;              ///< the default
    double number_min = 0;          ///< inclusive
    double number_max = 0;          ///< inclusive
};

/// The settings that a module declares in its ModuleInfo: `.settings = {many, names_file}`.
class SettingList {
public:
    static constexpr std::size_t capacity = 32;  ///< maximum number of settings

    constexpr SettingList() = default;
    /// More than `capacity` settings in a constant, such as ModuleInfo, are a compile error.
    constexpr SettingList(std::initializer_list<SettingInfo> settings);

    constexpr const SettingInfo* begin() const { return settings_; }        ///< the first setting
    constexpr const SettingInfo* end() const { return settings_ + size_; }  ///< past the last setting
    constexpr std::size_t size() const { return size_; }                    ///< number of settings
    constexpr bool empty() const { return size_ == 0; }                     ///< no settings are declared
    /// Returns whether a setting has this name.
    constexpr bool contains(std::string_view name) const {
        for (const SettingInfo& setting : *this) {
            if (setting.name == name) return true;
        }
        return false;
    }

private:
    SettingInfo settings_[capacity]{};
    std::size_t size_ = 0;
};

// ---------------------------------------------------------------------------------------------------------

namespace detail {

/// Not constexpr: reached while compiling a constant, the compiler names it in its error.
inline void slips_a_module_declares_at_most_32_settings() {}

constexpr bool is_setting_name(std::string_view name) {
    if (name.empty() || name.front() < 'a' || name.front() > 'z') return false;
    for (const char c : name)
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
    return true;
}

constexpr bool are_sound(const SettingList& settings) {
    for (const SettingInfo& setting : settings) {
        if (!setting.is_sound || !is_setting_name(setting.name)) return false;
        for (const SettingInfo* other = settings.begin(); other != &setting; ++other)
            if (other->name == setting.name) return false;
    }
    return true;
}

}  // namespace detail

template <class T>
constexpr SettingInfo::SettingInfo(const Setting<T>& setting) : name(setting.name), description(setting.description) {
    if constexpr (detail::is_number<T>) {
        is_sound = setting.accepts(setting.by_default);
        has_min = setting.min != detail::SettingTypes<T>::least || std::unsigned_integral<T>;
        has_max = setting.max != detail::SettingTypes<T>::greatest;
    }
    if constexpr (std::same_as<T, bool>) {
        kind = Kind::boolean;
        boolean = setting.by_default;
    } else if constexpr (std::same_as<T, double>) {
        kind = Kind::number;
        number = setting.by_default;
        number_min = setting.min;
        number_max = setting.max;
    } else if constexpr (std::unsigned_integral<T>) {
        kind = Kind::natural;
        natural = setting.by_default;
        natural_min = setting.min;
        natural_max = setting.max;
    } else if constexpr (std::integral<T>) {
        kind = Kind::integer;
        integer = setting.by_default;
        integer_min = setting.min;
        integer_max = setting.max;
    } else {
        text = setting.by_default;
    }
}

constexpr SettingList::SettingList(std::initializer_list<SettingInfo> settings) {
    if (settings.size() > capacity) detail::slips_a_module_declares_at_most_32_settings();
    for (const SettingInfo& setting : settings) {
        if (size_ < capacity) settings_[size_++] = setting;
    }
}

}  // namespace slips::inline SLIPS_SDK_ABI
