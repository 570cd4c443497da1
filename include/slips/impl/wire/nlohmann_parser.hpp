// nlohmann_json behind the interface of json.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "slips/impl/wire/object_builder.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

/// Reports the text to the builder. Returns false if the builder ends the walk, or the text is not JSON, and sets `error`.
bool parse_with_nlohmann(std::string_view text, ObjectBuilder& builder, DecodeError& error);

// ---------------------------------------------------------------------------------------------------------

namespace detail {

/// Passes nlohmann's SAX events to a builder. Not derived from nlohmann::json_sax, to avoid a virtual call per event.
class SaxAdapter {
public:
    using number_integer_t = nlohmann::json::number_integer_t;
    using number_unsigned_t = nlohmann::json::number_unsigned_t;
    using number_float_t = nlohmann::json::number_float_t;
    using string_t = nlohmann::json::string_t;
    using binary_t = nlohmann::json::binary_t;

    SaxAdapter(ObjectBuilder& builder, DecodeError& error) : builder_(builder), error_(error) {}

    bool null() { return builder_.scalar({}); }
    bool boolean(bool value) { return builder_.scalar({.kind = Scalar::Kind::boolean, .boolean = value}); }
    bool number_integer(number_integer_t value) {
        return builder_.scalar({.kind = Scalar::Kind::integer, .integer = value});
    }
    bool number_unsigned(number_unsigned_t value) {
        if (value > static_cast<number_unsigned_t>(INT64_MAX))
            return builder_.scalar({.kind = Scalar::Kind::real, .real = static_cast<double>(value)});
        return builder_.scalar({.kind = Scalar::Kind::integer, .integer = static_cast<std::int64_t>(value)});
    }
    bool number_float(number_float_t value, const string_t&) {
        return builder_.scalar({.kind = Scalar::Kind::real, .real = value});
    }
    bool string(string_t& value) { return builder_.scalar({.kind = Scalar::Kind::text, .text = value}); }
    bool binary(binary_t&) { return false; }
    bool start_object(std::size_t) { return builder_.begin_object(); }
    bool key(string_t& name) { return builder_.key(name); }
    bool end_object() { return builder_.end_object(); }
    bool start_array(std::size_t) { return builder_.begin_list(); }
    bool end_array() { return builder_.end_list(); }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
        error_.what = "not JSON";
        error_.detail = "at byte " + std::to_string(position);
        return false;
    }

private:
    ObjectBuilder& builder_;
    DecodeError& error_;
};

}  // namespace detail

inline bool parse_with_nlohmann(std::string_view text, ObjectBuilder& builder, DecodeError& error) {
    detail::SaxAdapter sax(builder, error);
    return nlohmann::json::sax_parse(text.data(), text.data() + text.size(), &sax);
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire
