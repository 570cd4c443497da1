// The messages that Slips makes of the lines of logs, by the tables of log_kinds.cpp.
#include <slips/ip.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "slipsdev/flows/conn_state.hpp"
#include "slipsdev/flows/log_kinds.hpp"
#include "slipsdev/text/sha1.hpp"

namespace slipsdev {
namespace {

using Read = LogField::Read;
using Occasion = LogForm::Occasion;
using Text = std::string_view;

using detail::Dropped;

constexpr int auth_success = 7;

Json json_of(Text text) { return text.empty() ? Json("") : Json::parse(text); }

bool is_text(const Json& value, Text text) { return value.is_string() && value.get_ref<const std::string&>() == text; }

/// Returns the value as text; of a list, its first element.
std::string text_of(const Json& value) {
    if (value.is_array()) return value.empty() ? "" : text_of(value.front());
    return value.is_string() ? value.get<std::string>() : to_python_json(value);
}

/// Returns base64(text), for a length that is a multiple of three.
std::string base64(Text text) {
    constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i + 2 < text.size(); i += 3) {
        unsigned group = 0;
        for (std::size_t j = 0; j < 3; ++j) group = group << 8 | static_cast<unsigned char>(text[i + j]);
        for (int shift = 18; shift >= 0; shift -= 6) out += digits[group >> shift & 0x3Fu];
    }
    return out;
}

bool holds(const std::array<Version, 2>& releases, const Release& release) {
    return is_within(release.version, releases.front(), releases.back());
}

bool holds(const LogField& field, const Release& release) {
    return is_within(release.version, field.since, field.before);
}

/// The values of a line, as the release reads them.
class Line {
public:
    Line(const ZeekRecord& record, const LogKind& kind, const Release& release)
        : record_(record), kind_(kind), release_(release), by_position_(record.from_tsv && !release.flow.by_name) {}

    /// Sets the text that shows that there is a column auth_success.
    void set_mark(Text mark) {
        const Json* value = mark.empty() || !by_position_ ? nullptr : at(auth_success);
        is_shifted_ = value != nullptr && text_of(*value).find(mark) == std::string::npos;
    }
    void set_time(Json time) { time_ = std::move(time); }

    Json value_of(const LogField& field) const {
        const Text name = field.columns.front().name;
        switch (field.read) {
            case Read::literal: return name;
            case Read::json: return json_of(name);
            case Read::path: return kind_.path;
            case Read::time: return time_;
            case Read::version: return release_.text;
            case Read::profileid:
            case Read::twid:
            case Read::flow:
            case Read::flow_text:
            case Read::flow_by_uid: return nullptr;
            default: break;
        }
        Json value = column_of(field);
        switch (field.read) {
            case Read::text: return value.is_string() ? value : Json(to_python_json(value));
            case Read::whole: return by_position_ ? whole(value, name) : value;
            case Read::first: return value.is_array() ? (value.empty() ? Json("") : value.front()) : value;
            case Read::list: return value.is_array() ? value : Json::array({value});
            case Read::split: return split(value);
            case Read::address: return address(value);
            case Read::normal: return normal_address(address(value)).value_or(address(value));
            case Read::uid: return uid(value);
            default: return value;
        }
    }

    /// Returns the fields that the release has.
    Json object_of(std::span<const LogField> fields) const {
        Json object = Json::object();
        for (const LogField& field : fields)
            if (holds(field, release_)) object[std::string(field.key)] = value_of(field);
        return object;
    }

private:
    const Json* at(int position) const {
        if (position < 0 || static_cast<std::size_t>(position) >= record_.fields.size()) return nullptr;
        return &*std::next(record_.fields.begin(), position);
    }

    /// Returns the column's value; nullptr if it is absent.
    const Json* find(const LogColumn& column) const {
        const Json* value = nullptr;
        if (!by_position_) value = column.name.empty() ? nullptr : find_member(record_.fields, column.name);
        else if (!is_shifted_ || column.position < auth_success) value = at(column.position);
        else if (column.position > auth_success) value = at(column.position - 1);
        if (value == nullptr) return nullptr;
        // Zeek writes "-" for an absent value; Slips before 1.0.4 takes it for the value.
        const bool is_dash = is_text(*value, "-");
        const bool drops_dash = release_.flow.by_name || (by_position_ && release_.flow.modern);
        if ((is_dash && drops_dash) || (value->is_null() && release_.flow.by_name)) return nullptr;
        return value;
    }

    Json column_of(const LogField& field) const {
        const Json* found = nullptr;
        for (const LogColumn& column : field.columns) {
            const Json* value = find(column);
            if (value == nullptr) continue;
            found = value;
            if (!is_text(*value, "") && !(record_.from_tsv && is_text(*value, "-"))) return *value;
        }
        if (found != nullptr) return *found;
        if (release_.flow.by_name) return "";
        return json_of(record_.from_tsv ? field.absent_in_tsv : field.absent);
    }

    static Json whole(const Json& value, Text name) {
        if (!value.is_string()) return value;
        auto number = python_whole(value.get_ref<const std::string&>());
        if (!number) throw Dropped(std::string(name) + " is not a whole number");
        return *std::move(number);
    }

    Json split(const Json& value) const {
        if (!value.is_string()) return value;
        Json parts = Json::array();
        Text rest = value.get_ref<const std::string&>();
        if (!record_.from_tsv) return Json::array({rest});
        for (bool more = true; more;) {
            const std::size_t comma = rest.find(',');
            const Text part = rest.substr(0, comma);
            if (part.find("TXT ") == Text::npos) parts.push_back(part);
            more = comma != Text::npos;
            if (more) rest.remove_prefix(comma + 1);
        }
        return parts;
    }

    /// Returns an address; of a list, which is a text with commas in a TSV log, the first.
    std::string address(const Json& value) const {
        std::string text = text_of(value);
        return release_.flow.by_name && record_.from_tsv ? text.substr(0, text.find(',')) : text;
    }

    Json uid(Json value) const {
        if (value.is_array()) value = value.empty() ? Json("") : Json(value.front());
        // Slips makes up 18 random digits; these are always the same.
        if (is_truthy(value) || !release_.flow.nested) return value;
        return base64(Text(sha1_hex(to_python_json(record_.fields))).substr(0, 18));
    }

    const ZeekRecord& record_;
    const LogKind& kind_;
    const Release& release_;
    bool by_position_;
    bool is_shifted_ = false;  // the columns behind auth_success are one to the left
    Json time_{};
};

/// Returns whether Slips stores an address of the domain that the line queries.
bool resolves(const Line& line, const Json& query) {
    const auto column = [](Text name, int position, Read read) {
        return LogField{.key = name, .columns = {LogColumn{name, position}}, .read = read};
    };
    const Json type = line.value_of(column("qtype_name", 13, Read::as_is));
    if ((type != "A" && type != "AAAA") || !query.is_string() || query.get_ref<const std::string&>().ends_with("arpa"))
        return false;
    const Json answers = line.value_of(column("answers", 21, Read::split));
    return answers.is_array() && std::any_of(answers.begin(), answers.end(), [](const Json& answer) {
               return answer.is_string() && slips::is_ip(answer.get_ref<const std::string&>());
           });
}

/// Returns why Slips drops a line with these addresses; "" if it does not.
std::string fault_of(const FlowDraft& draft, const LogKind& kind, const Release& release) {
    if (holds(kind.addressless, release)) return "";
    if (!slips::is_ip(draft.saddr)) return "no IP address of the source";
    if (!slips::is_ip(draft.daddr)) return "no IP address of the destination";
    if (release.flow.one_family && slips::is_ipv4(draft.saddr) != slips::is_ipv4(draft.daddr))
        return "one address is IPv4, the other IPv6";
    return "";
}

}  // namespace

std::optional<FlowDraft> draft_log_flow(const ZeekRecord& record, const LogKind& kind, const Release& release,
                                        std::vector<LogMessage>& messages, std::string& why) try {
    if (record.from_tsv && holds(kind.json_only, release)) throw Dropped("this Slips does not read it as TSV");
    FlowDraft draft;
    if (!detail::read_time(record, release.flow, draft, why)) throw Dropped(why);
    if (const Json& time = record.fields.at("ts"); time.is_number() && !is_truthy(time))
        throw Dropped("ts is 0, which Slips takes for an absent one");

    Line line(record, kind, release);
    line.set_time(draft.stime);
    const Json addresses = line.object_of(kind.addresses);
    draft.saddr = text_member(addresses, "saddr");
    draft.daddr = text_member(addresses, "daddr");
    if (const std::string fault = fault_of(draft, kind, release); !fault.empty()) throw Dropped(fault);
    for (const LogForm& form : kind.forms) {
        if (!is_within(release.version, form.since, form.before)) continue;
        line.set_mark(form.mark);
        LogMessage message{&form, line.object_of(form.message), line.object_of(form.flow)};
        if (form.occasion == Occasion::new_domain && !resolves(line, message.message.front())) continue;
        if (form.occasion == Occasion::no_browser && text_member(message.message, "software_type") == "HTTP::BROWSER")
            continue;
        if (draft.uid.empty()) draft.uid = text_member(message.message, "uid");
        messages.push_back(std::move(message));
    }
    return draft;
} catch (const Dropped& dropped) {
    why = std::string(kind.path) + ".log: " + dropped.what();
    return std::nullopt;
}

std::string log_message(const FlowDraft& draft, const LogMessage& message, std::string_view twid,
                        const Release& release) {
    if (message.form->occasion == Occasion::new_domain) return message.message.front().get<std::string>();
    Json payload = message.message;
    for (const LogField& field : message.form->message) {
        if (!holds(field, release)) continue;
        Json& value = payload[std::string(field.key)];
        switch (field.read) {
            case Read::profileid: value = "profile_" + draft.saddr; break;
            case Read::twid: value = twid; break;
            case Read::flow: value = message.flow; break;
            case Read::flow_text: value = to_python_json(message.flow); break;
            case Read::flow_by_uid: value = to_python_json(Json{{draft.uid, to_python_json(message.flow)}}); break;
            default: break;
        }
    }
    return to_python_json(payload);
}

}  // namespace slipsdev
