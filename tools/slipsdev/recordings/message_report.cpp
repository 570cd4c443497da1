#include "slipsdev/recordings/message_report.hpp"

#include <slips/impl/wire/decode.hpp>

#include <cstdint>
#include <vector>

#include "slipsdev/text/python_json.hpp"

namespace slipsdev {

namespace wire = slips::wire;

namespace {

using Findings = MessageReport::Kind;

void examine(const wire::Table& table, const Json& object, const std::string& path, Findings& findings);

/// Returns the object itself, or the one in its JSON text.
std::optional<Json> object_in(const Json& value) {
    if (value.is_object()) return value;
    std::string why;
    if (!value.is_string()) return std::nullopt;
    auto parsed = parse_json(value.get<std::string>(), why);
    return parsed && parsed->is_object() ? parsed : std::nullopt;
}

/// Legacy: {uid: "<JSON text>"}
std::optional<Json> unwrapped(const wire::Table& table, const Json& object) {
    if (!table.wrapped || object.size() != 1 || !object.begin()->is_string()) return std::nullopt;
    return object_in(*object.begin());
}

void examine_value(const wire::Field& field, const Json& value, const std::string& path, Findings& findings) {
    if (!field.nested) return;
    const auto object = object_in(value);
    if (!object) return;
    const auto inner = unwrapped(*field.nested, *object);
    const bool wrapped = inner.has_value();
    // The key around a wrapped flow is its uid.
    Json flow = wrapped ? *inner : *object;
    if (wrapped) flow["uid"] = object->begin().key();
    examine(wrapped ? *field.nested->wrapped : *field.nested, flow, path + ".", findings);
}

/// Returns whether both keys set the same member.
bool same_member(const wire::Field& a, const wire::Field& b) {
    return &a == &b || (a.member && a.member == b.member) || (a.one_of && b.one_of);
}

void examine(const wire::Table& table, const Json& object, const std::string& path, Findings& findings) {
    const auto fields = table.fields;
    std::vector<bool> seen(fields.size());
    bool nested_flow = false;
    for (const auto& [key, value] : object.items()) {
        const wire::Field* found = table.others;
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (fields[i].key != key || key.empty()) continue;
            found = &fields[i];
            break;
        }
        if (!found) {
            ++findings.unknown[counted_name(findings.unknown, path + key)];
            continue;
        }
        seen[static_cast<std::size_t>(found - fields.data())] = true;
        if (found->nested && found->one_of) nested_flow = true;
        examine_value(*found, value, path + key, findings);
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const wire::Field& field = fields[i];
        if (seen[i] || field.key.empty() || field.also) continue;
        if (field.flat && !(fields[i].one_of) && (nested_flow || !table.fields[0].one_of)) continue;
        bool elsewhere = false;
        for (std::size_t k = 0; k < fields.size(); ++k)
            elsewhere = elsewhere || (k != i && same_member(field, fields[k]) && (seen[k] || k < i));
        if (!elsewhere) ++findings.absent[path + std::string(field.key)];
    }
}

/// A message type with its channel names.
struct Type {
    std::string_view current{};
    std::string_view legacy{};
    bool (*decode)(std::string_view payload, wire::DecodeError& error) = nullptr;
    const wire::Table* table = nullptr;  ///< null: plain text
};

template <class M>
struct TypeOf {
    static bool decode(std::string_view payload, wire::DecodeError& error) {
        M message;
        return wire::decode(payload, message, error);
    }
    static constexpr wire::Table table() {
        if constexpr (requires(const M* none) { wire::table_of(none); })
            return wire::table_of(static_cast<const M*>(nullptr));
        else return {};
    }
    static constexpr wire::Table kept = table();
    static constexpr Type type{slips::channel_of<M>(slips::Generation::current),
                               slips::channel_of<M>(slips::Generation::legacy), &decode,
                               kept.fields.empty() ? nullptr : &kept};
};

template <class... M>
std::vector<Type> types_of(wire::Types<M...>) {
    return {TypeOf<M>::type...};
}

/// Returns the type of a channel, or nullptr. `certain`: only the generation's own channels are known.
const Type* type_of(std::string_view channel, Generation generation, bool certain) {
    static const std::vector<Type> types = types_of(wire::Messages());
    const Type* other = nullptr;
    for (const Type& type : types) {
        if ((generation == Generation::current ? type.current : type.legacy) == channel) return &type;
        if ((generation == Generation::current ? type.legacy : type.current) == channel) other = &type;
    }
    return certain ? nullptr : other;
}

/// Returns the generation that the message shows.
std::optional<Generation> generation_of(const CapturedMessage& message) {
    if (message.channel == "control_channel") return std::nullopt;
    if (!message.data.starts_with('{')) return Generation::legacy;
    std::string why;
    const auto payload = parse_json(message.data, why);
    if (!payload) return std::nullopt;
    // Slips before 1.1.20 has no "version", but its flows are objects, and its evidence has other keys.
    const Json* flow = find_member(*payload, "flow");
    const bool current =
        find_member(*payload, "version") || (flow && flow->is_object()) || find_member(*payload, "evidence_type");
    return current ? Generation::current : Generation::legacy;
}

/// Returns the kind among a channel's messages: "argus", "suricata conn", "ip"…
std::string kind_of(const Json& payload) {
    std::string kind;
    const Json* member = find_member(payload, "flow");
    const auto flow = member ? object_in(*member) : std::nullopt;
    Json found = flow ? *flow : payload;
    if (found.size() == 1 && found.begin()->is_string())
        if (auto inner = object_in(*found.begin())) found = *inner;
    for (const char* key : {"flow_source", "type_", "type", "flow_type"})
        if (const std::string text = text_member(found, key); !text.empty()) kind += " " + text;
    if (!kind.empty() || flow) return kind;
    for (const char* key : {"ip", "query", "host", "server_name"})
        if (find_member(payload, key)) return std::string(" ") + key;
    return kind;
}

std::string listed(const std::map<std::string, std::size_t>& counts, std::size_t of, bool always) {
    std::string text;
    for (const auto& [key, count] : counts) {
        if ((count == of) != always) continue;
        text += (text.empty() ? "" : ", ") + key + (always ? "" : " " + std::to_string(count));
    }
    return text;
}

}  // namespace

std::optional<std::string_view> name_in(Generation generation, std::string_view channel) {
    const Type* type = type_of(channel, generation, false);
    if (!type) return std::nullopt;
    const std::string_view name = generation == Generation::current ? type->current : type->legacy;
    return name.empty() ? std::nullopt : std::optional(name);
}

std::optional<std::string> MessageReport::add(const CapturedMessage& message) {
    ++messages_;
    if (message.data == "stop_process") {
        if (!shown_) shown_ = Generation::legacy;
        ++control_;
        return std::nullopt;
    }
    const auto shows = given_ ? given_ : generation_of(message);
    if (shows && !shown_) shown_ = shows;
    const Generation generation = shows.value_or(shown_.value_or(Generation::current));
    // where the generations publish different messages, the form of the message decides, as in a module
    const bool ambiguous = given_ != Generation::current && slips::detail::is_ambiguous(message.channel);
    const Generation form = message.data.starts_with('{') ? Generation::current : Generation::legacy;
    const Type* type = type_of(message.channel, ambiguous ? form : generation, given_.has_value());
    if (!type) {
        ++untyped_;
        ++raw_[counted_name(raw_, message.channel + " " + std::string(name_of(generation)))];
        return std::nullopt;
    }
    std::string why;
    const auto payload = message.data.starts_with('{') ? parse_json(message.data, why) : std::nullopt;
    Kind& kind = kinds_[counted_name(kinds_, message.channel + " " + std::string(name_of(generation)) +
                                                 (payload ? kind_of(*payload) : ""))];
    wire::DecodeError error;
    if (!type->decode(message.data, error)) {
        ++failed_;
        ++kind.failed;
        return error.what + (error.detail.empty() ? "" : " (" + error.detail + ")");
    }
    ++decoded_;
    ++kind.decoded;
    for (const std::string& field : error.left_out) ++kind.left_out[field];
    if (!payload) return std::nullopt;
    static constexpr wire::Table text = wire::wrapped_text;
    examine(type->table ? *type->table : text, *payload, "", kind);
    return std::nullopt;
}

std::vector<std::string> MessageReport::lines() const {
    std::vector<std::string> lines;
    for (const auto& [name, kind] : kinds_) {
        const std::string failed = kind.failed ? ", " + std::to_string(kind.failed) + " failed" : "";
        lines.push_back(name + ": " + std::to_string(kind.decoded) + " decoded" + failed);
        const std::string sometimes = listed(kind.absent, kind.decoded, false);
        const std::string always = listed(kind.absent, kind.decoded, true);
        if (!sometimes.empty()) lines.push_back("    absent: " + sometimes);
        if (!always.empty()) lines.push_back("    absent from all: " + always);
        for (const auto& [field, count] : kind.left_out)
            lines.push_back("    left out: " + field + ": " + std::to_string(count));
        std::string unknown;
        for (const auto& [key, count] : kind.unknown)
            unknown += (unknown.empty() ? "" : ", ") + key + " " + std::to_string(count);
        if (!unknown.empty()) lines.push_back("    only in json(): " + unknown);
    }
    for (const auto& [name, count] : raw_)
        lines.push_back(name + ": " + std::to_string(count) + " without a type, for subscribe()");
    return lines;
}

}  // namespace slipsdev
