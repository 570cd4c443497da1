// The kinds of Zeek logs that Slips reads besides conn.log, and the messages that it makes of their lines.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "slipsdev/flows/flow_message.hpp"
#include "slipsdev/flows/zeek_log.hpp"
#include "slipsdev/releases/release.hpp"

namespace slipsdev {

/// A field of a flow, and the column of the log that it comes from.
struct LogField {
    enum class Read {
        as_is,    ///< the column's value; "" if it is absent
        text,     ///< the same, as text
        list,     ///< a list: of its text, if it is one
        literal,  ///< no column: the text itself
        zero,
        no,
    };
    std::string_view key;
    std::string_view column{};
    Read read = Read::as_is;
    std::string_view otherwise{};  ///< the column to use if the first is absent
    Version since{0, 9, 0};        ///< the first release that has the field
    Version before{99, 0, 0};      ///< the first release that no longer has it
};

/// A kind of log that Slips reads.
struct LogKind {
    enum class Envelope { profile_first, flow_first, file, no_profile };

    std::string_view path;  ///< Zeek's name of the log
    std::string_view mark;  ///< a column that only this kind has
    std::span<const std::string_view> channels;
    std::span<const LogField> fields;
    Envelope envelope = Envelope::profile_first;
    Version since{1, 1, 2};  ///< the first release for which slipsdev makes its messages
};

/// Returns the kind with this path; nullptr for conn, and for logs that Slips does not read.
const LogKind* log_kind(std::string_view path);

/// Returns the path of the log that a record belongs to: by its `_path`, the header's `#path`, its columns, or the name of
/// the file. Returns "" if none of them shows it.
std::string path_of(const ZeekRecord& record, std::string_view header_path, std::string_view file);

/// Returns the flow that Slips makes of a record; nullopt, with the reason, if it would drop the record.
std::optional<FlowDraft> draft_log_flow(const ZeekRecord& record, const LogKind& kind, const Release& release,
                                        std::string& why);

/// Returns the payload of its message.
std::string log_message(const FlowDraft& draft, const LogKind& kind, std::string_view twid, const Release& release);

}  // namespace slipsdev
