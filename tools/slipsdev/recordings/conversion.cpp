#include "slipsdev/recordings/conversion.hpp"

#include <slips/evidence_types.hpp>
#include <slips/impl/wire/decode.hpp>
#include <slips/impl/wire/encode.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "slipsdev/flows/log_kinds.hpp"
#include "slipsdev/recordings/message_report.hpp"
#include "slipsdev/text/python_json.hpp"

namespace slipsdev {
namespace {

namespace wire = slips::wire;
using Fields = std::map<std::string, std::string>;
using Text = std::string_view;

constexpr Version first{0, 9, 0}, never{99, 0, 0};

// --- which releases have a channel, and its form -------------------------------------------------------------

/// A channel in a release, and the form of the flows on it.
struct ChannelForm {
    enum class Flow {
        object,  ///< an object
        text,    ///< the JSON text of one
        flat,    ///< no object: its keys are those of the message
    };
    Text channel;
    bool exists = true;
    Flow flow = Flow::object;
    const LogKind* kind = nullptr;  ///< of the Zeek log whose fields the flow has
    const LogForm* form = nullptr;  ///< in this release
};

/// A channel whose messages are of no log but conn.log: the releases that have it, and when its flows became objects.
struct OtherChannel {
    Text channel;
    Version since = first, before = never;
    Version object_since = first;
    ChannelForm::Flow earlier = ChannelForm::Flow::object;
};

constexpr Version all_objects{1, 1, 2};
constexpr std::array<OtherChannel, 11> other_channels{{
    {"new_flow", first, never, all_objects, ChannelForm::Flow::text},
    {"new_letters", first, never, {1, 0, 5}, ChannelForm::Flow::flat},
    {"new_service", first, {0, 9, 5}, never, ChannelForm::Flow::flat},
    {"tw_modified", first, {1, 1, 19}},
    {"ip_info_change", first, {1, 1, 17}},
    {"dns_info_change", first, {1, 1, 17}},
    {"new_zeek_fields_line", {1, 1, 17}, never},
    {"give_threat_intelligence", first, {1, 1, 17}},
    {"get_modified_profiles_since", {1, 1, 17}, never},
    {"finished_modules", first, {1, 0, 6}},
    {"control_channel", {1, 0, 6}, never},
}};

ChannelForm::Flow flow_in(const LogForm& form) {
    for (const LogField& field : form.message) {
        if (field.read == LogField::Read::flow) return ChannelForm::Flow::object;
        if (field.read == LogField::Read::flow_text) return ChannelForm::Flow::text;
    }
    return ChannelForm::Flow::flat;
}

/// Returns the form of a channel whose messages are the lines of a log; nullopt for other channels.
std::optional<ChannelForm> form_of_log(Text channel, const Version& version) {
    ChannelForm found{channel, false};
    for (const LogKind& kind : log_kinds()) {
        for (const LogForm& form : kind.forms) {
            const bool is_flow = form.occasion != LogForm::Occasion::new_domain;
            if (!is_flow || std::find(form.channels.begin(), form.channels.end(), channel) == form.channels.end())
                continue;
            found.kind = &kind;
            if (is_within(version, form.since, form.before))
                return ChannelForm{channel, true, flow_in(form), &kind, &form};
        }
    }
    return found.kind == nullptr ? std::nullopt : std::optional(found);
}

/// Returns the form of a channel; of a channel that is not listed, that of one that every release has.
ChannelForm form_of(Text channel, const Version& version) {
    const auto other = std::find_if(other_channels.begin(), other_channels.end(),
                                    [&](const OtherChannel& one) { return one.channel == channel; });
    if (other == other_channels.end()) return form_of_log(channel, version).value_or(ChannelForm{channel});
    return {channel, is_within(version, other->since, other->before),
            version < other->object_since ? other->earlier : ChannelForm::Flow::object};
}

/// Returns the name of a type's channel. Two changed within a generation.
template <class M>
Text channel_in(const Version& version) {
    if constexpr (std::is_same_v<M, slips::NewDns>) return version < Version{1, 0, 5} ? "new_dns_flow" : "new_dns";
    else if constexpr (std::is_same_v<M, slips::GiveThreatIntelligence>)
        return version < Version{1, 1, 17} ? "give_threat_intelligence" : "get_modified_profiles_since";
    else return slips::channel_of<M>(slips::Generation::current);
}

/// Returns the form of a type's channel.
template <class M>
ChannelForm form_in(const Version& version) {
    if constexpr (std::is_same_v<M, slips::NewDomain>) return {"new_dns", version < Version{1, 0, 5}};
    else return form_of(channel_in<M>(version), version);
}

// --- which releases have a key -------------------------------------------------------------------------------

struct Key {
    Text name;
    Version since = first, before = never;
};

// Of flows that are objects, whatever sensor they are from.
constexpr std::array keys_of_newer_flows{Key{"interface", {1, 1, 15}}, Key{"ground_truth_label", {1, 1, 9}},
                                         Key{"detailed_ground_truth_label", {1, 1, 9}}};
// Of connections that Zeek saw; those of other sensors always had the sums.
constexpr std::array derived_keys{Key{"endtime", {1, 1, 17}},
                                  Key{"pkts", {1, 1, 17}},
                                  Key{"bytes", {1, 1, 17}},
                                  Key{"state_hist", {1, 1, 17}},
                                  Key{"aid", {1, 1, 17}},
                                  Key{"dport_name", {1, 1, 17}},
                                  Key{"timestamp_human", {1, 1, 17}},
                                  Key{"interpreted_state", {1, 1, 17}},
                                  Key{"label", never}};
constexpr std::array mac_keys{Key{"smac", {1, 0, 1}}, Key{"dmac", {1, 0, 1}}};
constexpr std::array blocking_keys{Key{"tw", {1, 1, 10}}, Key{"interface", {1, 1, 15}},
                                   Key{"block_for", first, {1, 1, 10}}};

/// Removes keys that the release does not have.
void drop(Json& object, std::span<const Key> keys, const Version& version) {
    for (const Key& key : keys)
        if (!is_within(version, key.since, key.before)) object.erase(std::string(key.name));
}

/// Removes all keys but those that the release has.
void keep(Json& object, std::span<const Key> keys, const Version& version) {
    Json kept = Json::object();
    for (const auto& [name, value] : object.items()) {
        const auto has = [&, &key_name = name](const Key& key) {
            return key.name == key_name && is_within(version, key.since, key.before);
        };
        if (std::any_of(keys.begin(), keys.end(), has)) kept[name] = value;
    }
    object = kept;
}

void rename(Json& object, Text from, Text to) {
    Json renamed = Json::object();
    for (const auto& [name, value] : object.items()) renamed[name == from ? std::string(to) : name] = value;
    object = renamed;
}

// --- flows ---------------------------------------------------------------------------------------------------

std::optional<Json> parsed_object(const std::string& text) {
    std::string why;
    auto json = parse_json(text, why);
    return json && json->is_object() ? json : std::nullopt;
}

/// Applies `edit` to the flow in a message, through the texts it is in.
void edit_flow(Json& message, const std::function<void(Json&)>& edit) {
    const auto flow = message.find("flow");
    if (flow == message.end()) return;
    if (flow->is_object()) return edit(*flow);
    auto inner = flow->is_string() ? parsed_object(flow->get<std::string>()) : std::nullopt;
    if (!inner) return;
    const bool is_wrapped = inner->size() == 1 && inner->begin()->is_string();
    auto wrapped = is_wrapped ? parsed_object(inner->begin()->get<std::string>()) : std::nullopt;
    if (wrapped) {
        edit(*wrapped);
        *inner->begin() = to_python_json(*wrapped);
    } else {
        edit(*inner);
    }
    *flow = to_python_json(*inner);
}

/// Adds the fields that the release has of such flows.
void add_keys(std::vector<Key>& keys, const LogForm& form) {
    for (const LogField& field : form.flow) keys.push_back({field.key, field.since, field.before});
}

void edit_flow_object(Json& flow, const ChannelForm& channel, const Release& release) {
    drop(flow, keys_of_newer_flows, release.version);
    const std::string type = text_member(flow, "type_");
    if (!text_member(flow, "flow_source").empty()) return;  // of Suricata, whose flows have keys of their own
    if (channel.form == nullptr) {
        if (type == "conn") drop(flow, derived_keys, release.version);
        return;
    }
    if (type.empty()) flow["type_"] = channel.kind->path;
    std::vector<Key> keys{{"interface"}, {"starttime"}, {"type_"}};
    add_keys(keys, *channel.form);
    keep(flow, keys, release.version);
}

void edit_flow_text(Json& flow, const ChannelForm& channel, const Release& release) {
    if (channel.form == nullptr) return drop(flow, mac_keys, release.version);
    rename(flow, "sslversion", "version");
    if (channel.kind->path == "dns" && !release.is_before({1, 0, 4})) {
        rename(flow, "uid", "flow.uid");
        rename(flow, "qtype_name", "flow.qtype_name");
    }
    std::vector<Key> keys{{"notbefore"}, {"notafter"}};  // of Suricata
    add_keys(keys, *channel.form);
    keep(flow, keys, release.version);
}

/// Returns the words of the release for a state and a label.
void use_words_of(const Release& release, std::string& state, std::string& label) {
    const bool modern = release.flow.modern;
    if (state == (modern ? "NotEstablished" : "Not Established")) state = modern ? "Not Established" : "NotEstablished";
    if (label == (modern ? "normal" : "benign")) label = modern ? "benign" : "normal";
}

/// Returns the sum; of counts at most the largest that a message can have. A recording may contain any numbers.
double sum_of(double a, double b) { return a + b; }
std::int64_t sum_of(std::int64_t a, std::int64_t b) {
    using Limits = std::numeric_limits<std::int64_t>;
    if (b > 0 && a > Limits::max() - b) return Limits::max();
    if (b < 0 && a < Limits::min() - b) return Limits::min();
    return a + b;
}

template <class Number>
void complete_sum(std::optional<Number>& a, std::optional<Number>& b, std::optional<Number>& sum) {
    if (a && b && !sum) sum = sum_of(*a, *b);
    else if (a && *a >= 0 && sum && !b && *sum >= *a) b = *sum - *a;
}

void take_if_empty(std::string& value, const std::string& other) {
    if (value.empty()) value = other;
}

/// Sets members that follow from others: releases write one or the other.
template <class M>
void complete(M& message) {
    if constexpr (requires { message.flow.starttime; }) {
        if (!message.flow.starttime) {
            if (const auto seconds = python_float(message.stime.text())) message.flow.starttime = *seconds;
        } else if (message.stime.empty()) {
            message.stime = *message.flow.starttime;
        }
    }
    if constexpr (requires {
                      message.flow.dpkts;
                      message.flow.sbytes;
                      message.flow.endtime;
                  }) {
        auto& flow = message.flow;
        complete_sum(flow.spkts, flow.dpkts, flow.pkts);
        complete_sum(flow.sbytes, flow.dbytes, flow.bytes);
        complete_sum(flow.starttime, flow.dur, flow.endtime);
        take_if_empty(flow.state_hist, flow.history);
    }
    if constexpr (requires {
                      message.interpreted_state;
                      message.flow.interpreted_state;
                  }) {
        take_if_empty(message.interpreted_state, message.flow.interpreted_state);
        take_if_empty(message.flow.interpreted_state, message.interpreted_state);
        take_if_empty(message.label, message.flow.label);
        take_if_empty(message.flow.label, message.label);
    }
}

// --- evidence ------------------------------------------------------------------------------------------------

std::string upper(std::string text) {
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}
std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

/// Returns the release's name of an evidence type; the type itself if it has no other.
std::string evidence_type_in(const Release& release, const std::string& type) {
    const bool typed = release.evidence.is_typed();
    for (const slips::EvidenceType& one : slips::detail::known_evidence_types) {
        if (!one.legacy.empty() && type == (typed ? one.legacy : one.current))
            return std::string(typed ? one.current : one.legacy);
    }
    return type;
}

/// Returns "Recon.Scanning" for "RECON_SCANNING", or the other way round.
std::string category_in(const Release& release, const std::string& category) {
    std::string converted = release.evidence.is_typed() ? upper(category) : lower(category);
    if (release.evidence.is_typed()) {
        std::replace(converted.begin(), converted.end(), '.', '_');
        return converted;
    }
    if (category.find('.') != std::string::npos) return category;
    bool is_start = true;
    for (char& c : converted) {
        if (is_start) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        is_start = c == '_';
        if (is_start) c = '.';
    }
    return converted;
}

/// Returns the record in the words of the release.
void use_words_of(const Release& release, slips::EvidenceRecord& record) {
    const bool typed = release.evidence.is_typed();
    record.threat_level = typed ? upper(record.threat_level) : lower(record.threat_level);
    record.type = evidence_type_in(release, record.type);
    record.category = category_in(release, record.category);
    slips::EvidenceParty& attacker = record.attacker;
    // "srcip", "dstdomain"…; other types of detection, such as "dport", have no direction
    const std::string& detection = record.type_detection;
    if (typed && (detection.starts_with("src") || detection.starts_with("dst")) && attacker.direction.empty()) {
        attacker.direction = upper(detection.substr(0, 3));
        attacker.ioc_type = upper(detection.substr(3));
        record.type_detection.clear();
    } else if (!typed && detection.empty() && !attacker.direction.empty()) {
        record.type_detection = lower(attacker.direction + attacker.ioc_type);
        attacker.direction.clear();
        attacker.ioc_type.clear();
    }
    // the profile of an address has its name
    const bool is_address = slips::is_ip(attacker.value);
    if (typed && is_address && attacker.profileid.empty()) attacker.profileid = "profile_" + attacker.value;
    if (!typed && is_address && attacker.profileid == "profile_" + attacker.value) attacker.profileid.clear();
}

void edit_party(Json& evidence, Text name, const Release& release) {
    const auto party = evidence.find(name);
    if (party == evidence.end() || !party->is_object()) return;
    for (const char* fact : {"TI", "AS", "rDNS", "SNI"})
        if (release.evidence.facts < 4) party->erase(fact);
    for (const char* fact : {"DNS_resolution", "queries", "CNAME"})
        if (release.evidence.facts < 7) party->erase(fact);
    if (release.evidence.kind_by_party) rename(*party, "ioc_type", std::string(name) + "_type");
}

void edit_evidence(Json& evidence, const slips::EvidenceRecord& record, const Release& release) {
    using Details = EvidenceForm::Details;
    const EvidenceForm& form = release.evidence;
    const bool by_method = form.details == Details::method;
    for (const char* key : {"dst_port", "src_port", "method", "rel_id"})
        if (!by_method) evidence.erase(key);
    for (const char* key : {"category", "port", "source_target_tag", "conn_count"})
        if (by_method) evidence.erase(key);
    if (!form.interface_key) evidence.erase("interface");
    if (form.is_typed()) {
        edit_party(evidence, "attacker", release);
        edit_party(evidence, "victim", release);
        evidence.erase("type_detection");
        const auto window = evidence.find("timewindow");
        if (form.facts < 4 && window != evidence.end()) window->erase("start_time"), window->erase("end_time");
        return;
    }
    if (!form.old_names) {
        rename(evidence, "type_detection", "attacker_direction");
        rename(evidence, "detection_info", "attacker");
        rename(evidence, "type_evidence", "evidence_type");
    }
    if (form.victim) evidence["victim"] = record.victim.value;
    const auto uid = evidence.find("uid");
    if (!form.uid_list && uid != evidence.end() && uid->is_array()) {
        const Json last = uid->empty() ? Json("") : Json(uid->back());
        *uid = last;
    }
}

// --- messages ------------------------------------------------------------------------------------------------

/// Returns whether a message of this type has a table: its payload is an object.
template <class M>
constexpr bool has_table = requires(const M* none) {
    wire::table_of(none);
};

void collect(Fields& fields, std::set<const void*>& seen, const wire::Table& table, const void* object,
             const std::string& path) {
    for (const wire::Field& field : table.fields) {
        if (!field.member) continue;
        const void* const member = field.member(const_cast<void*>(object));  // only read, though tables may write
        const bool is_part = field.nested && member == object;
        if (!field.nested && !seen.insert(member).second) continue;
        if (field.nested) {
            collect(fields, seen, *field.nested, member, is_part ? path : path + std::string(field.key) + ".");
            continue;
        }
        wire::Field plain = field;
        plain.prefix = {};
        std::string value;
        if (!wire::detail::write(value, plain, member)) continue;
        const std::string name =
            field.prefix.empty() ? std::string(field.key) : std::string(field.prefix.substr(0, field.prefix.find('_')));
        fields[path + name] = value;
    }
}

template <class M>
Fields fields_of(const M& message) {
    Fields fields;
    if constexpr (has_table<M>) {
        std::set<const void*> seen{&message.version};
        collect(fields, seen, wire::table_of(&message), &message, "");
    } else {
        fields["text"] = wire::plain_text(message);
    }
    return fields;
}

/// Sets what the release writes in its own words.
template <class M>
void adapt(M& message, const Release& release) {
    message.version = release.flow.wrapped ? release.text : std::string();
    if constexpr (requires {
                      message.interpreted_state;
                      message.flow.interpreted_state;
                  }) {
        use_words_of(release, message.interpreted_state, message.label);
        use_words_of(release, message.flow.interpreted_state, message.flow.label);
        // an object has it, but leaves it empty: it is beside the flow
        if (!release.flow.nested && message.flow.interpreted_state == message.interpreted_state)
            message.flow.interpreted_state.clear();
    }
    if constexpr (std::is_same_v<M, slips::EvidenceAdded>) use_words_of(release, message);
    if constexpr (std::is_same_v<M, slips::NewAlert>) {
        if (release.alert.message == AlertForm::Message::whole) use_words_of(release, message.last_evidence);
    }
    if constexpr (std::is_base_of_v<slips::Lookup, M>) {
        if (!release.is_before({0, 9, 6})) message.key = "to_lookup";
        else if (message.key == "to_lookup") message.key = slips::is_ip(message.to_lookup) ? "ip" : "host";
    }
}

/// Returns the payload in the form of the release.
template <class M>
std::string payload_in(const Release& release, const M& message, const ChannelForm& channel) {
    using slips::Generation;
    const bool is_object = channel.flow == ChannelForm::Flow::object;
    const auto edited = [&](Generation generation, auto&& edit) {
        auto json = parsed_object(wire::encode(message, generation));
        if (!json) return wire::encode(message, generation);
        edit(*json);
        return to_python_json(*json);
    };
    if constexpr (std::is_same_v<M, slips::TwModified>) {
        return wire::encode(message, release.flow.modified == FlowForm::Modified::text ? Generation::legacy
                                                                                       : Generation::current);
    } else if constexpr (std::is_same_v<M, slips::NewAlert>) {
        if (release.alert.message == AlertForm::Message::text) return wire::encode(message, Generation::legacy);
        if (release.alert.message == AlertForm::Message::ids)
            return to_python_json({{"alert_ID", message.profileid + "_" + message.twid + "_" + message.id},
                                   {"profileid", message.profileid},
                                   {"twid", message.twid}});
        return edited(Generation::current, [&](Json& json) {
            if (const auto last = json.find("last_evidence"); last != json.end())
                edit_evidence(*last, message.last_evidence, release);
        });
    } else if constexpr (std::is_same_v<M, slips::EvidenceAdded>) {
        return edited(release.evidence.is_typed() ? Generation::current : Generation::legacy,
                      [&](Json& json) { edit_evidence(json, message, release); });
    } else if constexpr (std::is_same_v<M, slips::NewBlocking>) {
        return edited(Generation::current, [&](Json& json) { drop(json, blocking_keys, release.version); });
    } else if constexpr (std::is_same_v<M, slips::NewZeekFieldsLine>) {
        auto json = parsed_object(std::string(message.payload.view())).value_or(Json::object());
        json.erase("version");
        if (release.flow.wrapped) json["version"] = release.text;
        return to_python_json(json);
    } else if constexpr (std::is_same_v<M, slips::P2pDataRequest>) {
        return edited(Generation::current,
                      [&](Json& json) {  // since "to_lookup", "ip" is a second key, for Slips' own module
                          if (message.key == "to_lookup") json["ip"] = message.to_lookup;
                      });
    } else if constexpr (requires { message.flow; }) {
        return edited(is_object ? Generation::current : Generation::legacy, [&](Json& json) {
            if (channel.flow == ChannelForm::Flow::flat) return;
            edit_flow(json, [&](Json& flow) {
                is_object ? edit_flow_object(flow, channel, release) : edit_flow_text(flow, channel, release);
            });
            if (is_object && !std::is_same_v<M, slips::NewFlow>) json.erase("stime");
            if constexpr (std::is_same_v<M, slips::NewDns>) {  // two fields are also beside a text
                if (!is_object && !release.is_before({1, 0, 0}) && !message.flow.daddr.empty())
                    json["daddr"] = message.flow.daddr;
                if (!is_object && !release.is_before({1, 0, 1}) && !message.flow.answers.empty())
                    json["answers"] = message.flow.answers;
            }
            if constexpr (std::is_same_v<M, slips::NewLetters>) {
                if (is_object && !message.flow.uid.empty()) json["uid"] = message.flow.uid;
            }
            if constexpr (std::is_same_v<M, slips::NewFlow>) {
                json.erase(is_object ? "version" : "interpreted_state");
                if (is_object) json["module_labels"] = Json::object();
                else json.erase("label");  // they are in the flow
                if (release.flow.wrapped) json["version"] = release.text;
            }
            if constexpr (std::is_same_v<M, slips::NewSoftware>) {
                if (is_object && release.is_before({1, 1, 9})) rename(json, "flow", "sw_flow");
            }
        });
    } else {
        return wire::encode(message, Generation::current);
    }
}

/// A converted message, or why there is none.
struct Converted {
    std::string channel{};
    std::string payload{};
    std::string why{};  ///< it could not be decoded
    std::string cannot_be_written{};
    std::string unknown_type{};  ///< an evidence type that the release does not have
    Fields before{}, after{};
};

/// A message type.
struct Type {
    Text current{}, legacy{};
    bool (*decode)(Text payload, Fields& fields, std::string& why) = nullptr;
    Converted (*convert)(Text payload, const Release& release) = nullptr;
};

template <class M>
struct TypeOf {
    static bool decode(Text payload, Fields& fields, std::string& why) {
        M message;
        wire::DecodeError error;
        if (!wire::decode(payload, message, error)) return why = error.what, false;
        complete(message);
        fields = fields_of(message);
        return true;
    }
    static Converted convert(Text payload, const Release& release) {
        Converted converted;
        M message;
        wire::DecodeError error;
        if (!wire::decode(payload, message, error)) return converted.why = error.what, converted;
        const ChannelForm channel = form_in<M>(release.version);
        if (!channel.exists) return converted;
        complete(message);
        adapt(message, release);
        converted.channel = std::string(channel.channel);
        converted.payload = payload_in(release, message, channel);
        converted.before = fields_of(message);
        if constexpr (std::is_same_v<M, slips::EvidenceAdded>) {
            if (slips::is_known_evidence_type(message.type) && !is_known_evidence_type(release, message.type))
                converted.unknown_type = message.type;
        }
        std::string why;
        if (!decode(converted.payload, converted.after, why)) converted.cannot_be_written = why;
        return converted;
    }
    static constexpr Type type{slips::channel_of<M>(slips::Generation::current),
                               slips::channel_of<M>(slips::Generation::legacy), &decode, &convert};
};

template <class... M>
std::vector<Type> types_of(wire::Types<M...>) {
    return {TypeOf<M>::type...};
}

/// Returns the type of a channel; nullptr if the SDK has none. Where two types share a channel, the form of the message
/// decides, as in a module.
const Type* type_of(const CapturedMessage& message) {
    static const std::vector<Type> types = types_of(wire::Messages());
    const bool is_ambiguous = slips::detail::is_ambiguous(message.channel);
    for (const Type& type : types) {
        if (type.current != message.channel && type.legacy != message.channel) continue;
        if (is_ambiguous && (type.current == message.channel) != message.data.starts_with('{')) continue;
        return &type;
    }
    return nullptr;
}

/// Returns the value at "flow.key", through texts; nullopt if there is none.
std::optional<Json> value_at(const Json& object, const std::string& path) {
    if (const Json* found = find_member(object, path)) return *found;
    if (object.size() == 1 && object.begin()->is_string())
        if (const auto inner = parsed_object(object.begin()->get<std::string>())) return value_at(*inner, path);
    const std::size_t dot = path.find('.');
    if (dot == std::string::npos) return std::nullopt;
    const Json* member = find_member(object, path.substr(0, dot));
    if (member == nullptr) return std::nullopt;
    const auto inner = member->is_string() ? parsed_object(member->get<std::string>()) : std::optional(*member);
    return inner ? value_at(*inner, path.substr(dot + 1)) : std::nullopt;
}

}  // namespace

std::optional<Fields> decoded_fields(const CapturedMessage& message, std::string& why) {
    why.clear();
    const Type* type = type_of(message);
    Fields fields;
    if (type == nullptr || !type->decode(message.data, fields, why)) return std::nullopt;
    return fields;
}

void Conversion::lose(const std::string& channel, const std::string& what) {
    constexpr std::size_t many = 5000;  // invented names cannot fill the memory
    const auto key = std::pair(channel, what);
    ++lost_[lost_.size() < many || lost_.contains(key) ? key : std::pair<std::string, std::string>("(others)", "")];
}

/// Keys that the SDK does not know are in no converted message.
void Conversion::lose_unknown_keys(const CapturedMessage& message) {
    MessageReport report(std::nullopt);
    const auto payload = parsed_object(message.data);
    if (!payload || report.add(message)) return;
    for (const auto& [name, kind] : report.kinds())
        for (const auto& [path, count] : kind.unknown)
            if (const auto value = value_at(*payload, path); value && is_truthy(*value)) lose(message.channel, path);
}

std::optional<CapturedMessage> Conversion::convert(const CapturedMessage& message) {
    if (is_control_message(message)) return message;
    const Type* type = type_of(message);
    if (type == nullptr) {
        lose(message.channel, "(copied unchanged: the SDK has no type for this channel)");
        return message;
    }
    const Converted converted = type->convert(message.data, target_);
    if (!converted.why.empty()) {
        ++undecodable_;
        lose(message.channel, "(the message: it cannot be decoded: " + converted.why + ")");
        return std::nullopt;
    }
    if (converted.channel.empty()) {
        lose(message.channel, "(the message: Slips " + target_.text + " publishes nothing on this channel)");
        return std::nullopt;
    }
    if (!converted.cannot_be_written.empty()) {
        lose(message.channel,
             "(the message: Slips " + target_.text + " requires what it lacks: " + converted.cannot_be_written + ")");
        return std::nullopt;
    }
    for (const auto& [name, value] : converted.before) {
        const auto after = converted.after.find(name);
        if (after == converted.after.end() || after->second != value) lose(message.channel, name);
    }
    if (!converted.unknown_type.empty())
        lose(message.channel,
             "(the type " + converted.unknown_type + ": Slips " + target_.text + " does not have it; it was kept)");
    lose_unknown_keys(message);
    return CapturedMessage{converted.channel, converted.payload, message.time};
}

}  // namespace slipsdev
