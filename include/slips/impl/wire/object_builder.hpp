// Fills objects by their tables while a parser walks a document.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "slips/detail/decode_error.hpp"
#include "slips/impl/wire/table.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

class Parser;

namespace detail {

/// Returns a == b without a call, which costs more than comparing texts as short as keys.
inline bool same_key(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    const auto same = [&]<class Word>(std::size_t at, Word) {
        Word left;
        Word right;
        std::memcpy(&left, a.data() + at, sizeof(Word));
        std::memcpy(&right, b.data() + at, sizeof(Word));
        return left == right;
    };
    const std::size_t size = a.size();
    if (size > 16) return std::memcmp(a.data(), b.data(), size) == 0;
    if (size >= 8) return same(0, std::uint64_t{}) && same(size - 8, std::uint64_t{});
    if (size >= 4) return same(0, std::uint32_t{}) && same(size - 4, std::uint32_t{});
    for (std::size_t at = 0; at < size; ++at)
        if (a[at] != b[at]) return false;
    return true;
}

}  // namespace detail

/// Fills an object by its table: a parser reports what it reads, the builder assigns members.
/// Each call returns false to end the walk, and then has set the error.
class ObjectBuilder {
public:
    /// Fills `object`, which `table` describes. All four must outlive the builder.
    ObjectBuilder(const Table& table, void* object, DecodeError& error, Parser& parser)
        : error_(error), parser_(parser) {
        root_ = {&table, object};
    }

    /// A key of the open object; its value comes next.
    bool key(std::string_view name) {
        // Slips writes keys in the table's order, so the next field nearly always matches
        if (skipping_ == 0) {
            Level& level = levels_[depth_ - 1];
            const auto fields = level.table->fields;
            if (level.next < fields.size() && detail::same_key(fields[level.next].key, name)) {
                level.field = &fields[level.next++];
                if (level.field->named) level.field->named(level.object, name);
                return true;
            }
        }
        return other_key(name);
    }
    /// The last key's value, or an element of the open list.
    bool scalar(const Scalar& value) {
        if (skipping_ == 0 && depth_ != 0) {
            Level& level = levels_[depth_ - 1];
            if (const Field* const field = level.field; field && !field->nested && !field->list) {
                level.seen |= std::uint64_t{1} << (field - level.table->fields.data());
                return field->assign(level.object, value) || unfit_scalar(value);
            }
        }
        return other_scalar(value);
    }
    bool begin_object();  ///< the outermost object, or the last key's value
    bool end_object();    ///< the open object; false if a required key is missing
    bool begin_list();    ///< the last key's value
    bool end_list();      ///< the open list

    /// Returns true if the next value belongs to no field: a parser may skip it.
    bool skips_next() const { return skipping_ != 0 || (depth_ != 0 && !levels_[depth_ - 1].field); }

    /// Call after the walk. Returns false if a required key of the outermost object is missing.
    bool complete();

private:
    struct Level {
        const Table* table = nullptr;
        void* object = nullptr;
        const Field* field = nullptr;  ///< of the last key; null for an unknown one
        std::size_t next = 0;          ///< index of the field after it
        std::uint64_t seen = 0;        ///< one bit per field
    };
    static constexpr std::size_t deepest = 4;         ///< levels of nested tables
    static constexpr std::size_t most_left_out = 64;  ///< a key may come any number of times

    bool other_key(std::string_view name);  // not inlined: key() would save more registers each time
    bool other_scalar(const Scalar& value);
    bool unfit_scalar(const Scalar& value);  // not inlined, for scalar()
    bool fail(const Level& level, const char* found);
    bool leave_out(const Level& level, const char* found);
    bool unexpected(const Level& level, const char* opened);
    bool check_required(const Level& level);
    bool decode_text(const Level& level, std::string_view text);
    bool scalar_as_wrapped(Level& level, const Scalar& value);
    void remember_key(std::string_view name);  ///< in legacy, it may be the uid around a flow

    DecodeError& error_;
    Parser& parser_;
    Level root_{};
    Level levels_[deepest]{};
    std::size_t depth_ = 0;       ///< levels in use
    std::uint64_t skipping_ = 0;  ///< number of open objects and lists that belong to no field
    bool in_list_ = false;
};

// ---------------------------------------------------------------------------------------------------------

namespace detail {

inline const char* name_of(Scalar::Kind kind) {
    switch (kind) {
        case Scalar::Kind::null: return "null";
        case Scalar::Kind::boolean: return "true or false";
        case Scalar::Kind::integer:
        case Scalar::Kind::real: return "a number";
        case Scalar::Kind::text: return "text";
    }
    return "something else";
}

}  // namespace detail

[[gnu::noinline]] inline bool ObjectBuilder::other_key(std::string_view name) {
    if (skipping_) return true;
    Level& level = levels_[depth_ - 1];
    const auto fields = level.table->fields;
    std::size_t at = level.next;
    for (std::size_t tried = 0; tried < fields.size(); ++tried, ++at) {
        if (at >= fields.size()) at = 0;
        if (detail::same_key(fields[at].key, name)) {
            level.field = &fields[at];
            level.next = at + 1;
            if (level.field->named) level.field->named(level.object, name);
            return true;
        }
    }
    level.field = level.table->others;
    if (level.field && level.field->named) level.field->named(level.object, name);
    if (level.table->wrapped) remember_key(name);
    return true;
}

[[gnu::noinline]] inline bool ObjectBuilder::unfit_scalar(const Scalar& value) {
    return leave_out(levels_[depth_ - 1], detail::name_of(value.kind));
}

inline bool ObjectBuilder::other_scalar(const Scalar& value) {
    if (skipping_) return true;
    if (depth_ == 0) {
        error_.what = std::string(detail::name_of(value.kind)) + ", expected an object";
        return false;
    }
    Level& level = levels_[depth_ - 1];
    if (!level.field) return !level.table->wrapped || depth_ != 1 || level.seen || scalar_as_wrapped(level, value);
    level.seen |= std::uint64_t{1} << (level.field - level.table->fields.data());
    if (level.field->nested) {
        if (value.kind == Scalar::Kind::text) {
            if (level.field->assign_member && !value.text.starts_with('{')) {
                level.field->nested->clear(level.field->member(level.object));
                return level.field->assign(level.object, value) || unfit_scalar(value);
            }
            return decode_text(level, value.text);
        }
        return !level.field->required || fail(level, detail::name_of(value.kind));
    }
    if (level.field->list && !in_list_) level.field->clear(level.object);
    return level.field->assign(level.object, value) || unfit_scalar(value);
}

inline bool ObjectBuilder::begin_object() {
    if (skipping_) return ++skipping_, true;
    if (depth_ == 0) {
        levels_[depth_++] = root_;
        return true;
    }
    Level& level = levels_[depth_ - 1];
    if (!level.field) return ++skipping_, true;
    if (!level.field->nested || in_list_) return unexpected(level, "an object");
    if (depth_ == deepest) return fail(level, "an object nested too deep");
    const std::uint64_t bit = std::uint64_t{1} << (level.field - level.table->fields.data());
    void* member = level.field->member(level.object);
    // of a key that comes twice the last counts; an object that may be missing has been cleared already, and keys beside it
    // may have filled it
    if (((level.seen | level.table->required) & bit) != 0) level.field->nested->clear(member);
    level.seen |= bit;
    levels_[depth_] = Level{level.field->nested, member, nullptr, 0, 0};
    ++depth_;
    return true;
}

inline bool ObjectBuilder::end_object() {
    if (skipping_) return --skipping_, true;
    if (depth_ == 1) {
        root_ = levels_[0];
        --depth_;
        return true;
    }
    --depth_;
    return check_required(levels_[depth_]);
}

inline bool ObjectBuilder::begin_list() {
    if (skipping_) return ++skipping_, true;
    if (depth_ == 0) {
        error_.what = "a list, expected an object";
        return false;
    }
    Level& level = levels_[depth_ - 1];
    if (!level.field) return ++skipping_, true;
    if (!level.field->list || in_list_) return unexpected(level, "a list");
    level.seen |= std::uint64_t{1} << (level.field - level.table->fields.data());
    level.field->clear(level.object);
    in_list_ = true;
    return true;
}

inline bool ObjectBuilder::end_list() {
    if (skipping_) return --skipping_, true;
    in_list_ = false;
    return true;
}

inline bool ObjectBuilder::complete() { return check_required(root_); }

inline bool ObjectBuilder::check_required(const Level& level) {
    const Table& table = *level.table;
    if (table.lenient) return true;
    std::uint64_t missing = table.required & ~level.seen;
    if (missing == 0 && (table.one_of & level.seen) == 0) missing = table.one_of;
    if (missing == 0) return true;
    const Field& field = table.fields[static_cast<std::size_t>(std::countr_zero(missing))];
    error_.what = std::string(field.key) + " is missing, expected " + field.expected;
    return false;
}

inline bool ObjectBuilder::fail(const Level& level, const char* found) {
    error_.what = std::string(level.field->key) + " is " + found + ", expected " + level.field->expected;
    return false;
}

/// A value of a type that the field does not accept. An optional field is left absent, since one odd value must not cost the
/// whole message; of a list only the element is left out.
inline bool ObjectBuilder::leave_out(const Level& level, const char* found) {
    const Field& field = *level.field;
    if (level.table->lenient) return true;
    if (field.required) return fail(level, found);
    if (!in_list_ && field.clear_member) field.clear(level.object);
    if (error_.left_out.size() < most_left_out)
        error_.left_out.push_back(std::string(field.key) + " is " + found + ", expected " + field.expected);
    return true;
}

/// An object or a list where the field accepts none: skipped where it does no harm.
inline bool ObjectBuilder::unexpected(const Level& level, const char* opened) {
    const bool skipped = level.field->nested && !level.field->required;
    if (!skipped && !leave_out(level, opened)) return false;
    return ++skipping_, true;
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire
