// The kinds of Zeek logs that Slips reads besides conn.log, and the messages that it makes of their lines.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slipsdev/flows/flow_message.hpp"
#include "slipsdev/flows/zeek_log.hpp"
#include "slipsdev/releases/release.hpp"

namespace slipsdev {

/// A column of a log. Slips before 1.1.9 finds it by its position in a TSV log, whatever the header says.
struct LogColumn {
    std::string_view name{};
    int position = -1;
};

/// A field of a message or of its flow, and where its value comes from.
struct LogField {
    enum class Read {
        as_is,    ///< the column's value; "" if it is absent
        text,     ///< the same, as text
        whole,    ///< the same; in a TSV log before 1.1.9, as an integer
        first,    ///< the same; of a list, its first element
        list,     ///< a list: of its text, if it is one
        split,    ///< the same; in a TSV log, of the parts between commas, without answers of type TXT
        address,  ///< as text; of a list, its first element
        normal,   ///< the same, in the one form that Python gives an address
        uid,      ///< before 1.1.2 made up if it is absent, as Slips does
        literal,  ///< no column: the name itself
        json,     ///< no column: the value of which the name is the JSON text
        path,     ///< the log's path
        time,     ///< seconds since the epoch
        // Of messages:
        profileid,
        twid,
        version,
        flow,         ///< the flow: an object
        flow_text,    ///< the flow: an object as text
        flow_by_uid,  ///< the same, in an object with the uid as its key, as text
    };
    std::string_view key{};
    std::array<LogColumn, 4> columns{};  ///< the first with a value counts
    Read read = Read::as_is;
    // Before 1.1.9, JSON of the value if there is no such column; empty: "".
    std::string_view absent{}, absent_in_tsv{};
    Version since{0, 9, 0};    ///< the first release that has the field
    Version before{99, 0, 0};  ///< the first release that no longer has it
};

/// The form of a message in a run of releases.
struct LogForm {
    enum class Occasion {
        each_line,
        no_browser,  ///< but not for a browser in software.log
        once,        ///< the first line of the run
        new_domain,  ///< an address of the domain is seen for the first time; the payload is the domain
    };

    std::span<const std::string_view> channels;
    std::span<const LogField> message;
    std::span<const LogField> flow{};
    Version since{0, 9, 0};
    Version before{99, 0, 0};
    Occasion occasion = Occasion::each_line;
    std::string_view
        mark{};  ///< of ssh.log as TSV: without this in its place, Slips assumes that auth_success is missing
};

/// A kind of log that Slips reads.
struct LogKind {
    std::string_view path;  ///< Zeek's name of the log
    std::string_view mark;  ///< a column that only this kind has
    std::span<const LogField> addresses;
    std::span<const LogForm> forms;
    std::array<Version, 2> addressless{Version{99, 0, 0}, Version{99, 0, 0}};  ///< lines need no addresses from … until
    std::array<Version, 2> json_only{Version{99, 0, 0}, Version{99, 0, 0}};    ///< not read as TSV from … until
};

/// Returns all kinds but conn.
std::span<const LogKind> log_kinds();

/// Returns the kind with this path; nullptr for conn, and for logs that no Slips reads.
const LogKind* log_kind(std::string_view path);

/// Returns whether the release publishes messages of the lines of such logs.
bool is_published(const LogKind& kind, const Release& release);

/// Returns the path of the log that a record belongs to: by its `_path`, the header's `#path`, its columns, or the name of
/// the file. Returns "" if none of them shows it.
std::string path_of(const ZeekRecord& record, std::string_view header_path, std::string_view file);

/// A message of a line, before it has a profile and a time window.
struct LogMessage {
    const LogForm* form = nullptr;
    Json message{};  ///< profile, time window and flow are null
    Json flow{};     ///< of Occasion::new_domain: the domain
};

/// Returns the flow that Slips makes of a record, and adds its messages; nullopt, with the reason, if it would drop the
/// record.
std::optional<FlowDraft> draft_log_flow(const ZeekRecord& record, const LogKind& kind, const Release& release,
                                        std::vector<LogMessage>& messages, std::string& why);

/// Returns the payload of the message.
std::string log_message(const FlowDraft& draft, const LogMessage& message, std::string_view twid,
                        const Release& release);

}  // namespace slipsdev
