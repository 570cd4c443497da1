#include "slipsdev/watch/table.hpp"

#include <slips/impl/program/printer.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace slipsdev {
namespace {

using Lines = std::vector<Line>;

constexpr std::size_t narrowest = 40;

std::string right(std::string text, std::size_t width) {
    if (text.size() > width) return text.substr(0, width);
    return std::string(width - text.size(), ' ') + text;
}

std::string left(const std::string& text, std::size_t width) {
    std::string out = fitted(text, width);
    out.resize(width, ' ');
    return out;
}

/// Returns the number without an exponent, with one digit after the point if it is small.
std::string number_text(double value) {
    if (!std::isfinite(value)) return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
    std::array<char, 64> text{};
    const bool is_huge = std::abs(value) >= 1e15;
    if (is_huge || (std::abs(value) < 9.95 && value != std::floor(value))) {
        std::snprintf(text.data(), text.size(), is_huge ? "%.3g" : "%.1f", value);
        return text.data();
    }
    std::string whole(value <= -0.5 ? "-" : "");
    return whole += grouped(static_cast<std::uint64_t>(std::llround(std::abs(value))));
}

/// Returns a number that fits into a column: 12,345, 1234567, 12.3M.
std::string short_number(double value, std::size_t width) {
    std::string text = number_text(value);
    if (text.size() <= width) return text;
    constexpr std::array<const char*, 5> units{"", "k", "M", "G", "T"};
    std::size_t unit = 0;
    for (; std::abs(value) >= 999.5 && unit + 1 < units.size(); ++unit) value /= 1000;
    std::array<char, 64> shorter{};
    std::snprintf(shorter.data(), shorter.size(), std::abs(value) < 99.95 ? "%.1f%s" : "%.0f%s", value, units[unit]);
    return std::string(shorter.data()).size() <= width ? shorter.data() : "big";
}

template <class Number>
std::string cell(const std::optional<Number>& value, std::size_t width, std::string_view unknown = "-") {
    return right(value ? short_number(static_cast<double>(*value), width) : std::string(unknown), width);
}

std::string percent(const std::optional<double>& cores, std::size_t width) {
    std::array<char, 32> text{};
    if (!cores) return right("-", width);
    std::snprintf(text.data(), text.size(), "%.1f", *cores * 100);
    return right(text.data(), width);
}

std::string duration_text(double seconds) {
    const auto whole = static_cast<long long>(std::clamp(seconds, 0.0, 1e12));
    std::array<char, 64> text{};
    if (whole >= 86400)
        std::snprintf(text.data(), text.size(), "%lld d %lld:%02lld h", whole / 86400, whole / 3600 % 24,
                      whole / 60 % 60);
    else std::snprintf(text.data(), text.size(), "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
    return text.data();
}

/// Adds "label value" with two blanks before it, if it fits.
class Row {
public:
    explicit Row(std::size_t width) : width_(width) {}

    Row& add(const std::string& text, Style style = Style::plain) {
        if (text.empty()) return *this;
        const std::size_t gap = used_ == 0 ? 0 : 2;
        if (used_ + gap >= width_) return *this;
        const std::string shown = fitted(text, width_ - used_ - gap);
        if (gap > 0) line_.push_back({"  "});
        line_.push_back({shown, style});
        used_ += gap + shown.size();
        return *this;
    }
    Row& fact(const std::string& label, const std::string& value, Style style = Style::strong) {
        const std::size_t gap = used_ == 0 ? 0 : 2;
        if (used_ + gap + label.size() + 1 + value.size() > width_) return *this;
        if (gap > 0) line_.push_back({"  "});
        line_.push_back({label + " ", Style::faint});
        line_.push_back({value, style});
        used_ += gap + label.size() + 1 + value.size();
        return *this;
    }
    const Line& line() const { return line_; }

private:
    std::size_t width_;
    std::size_t used_ = 0;
    Line line_{};
};

template <class Number>
std::string amount(const std::optional<Number>& number) {
    return number ? number_text(static_cast<double>(*number)) : "n/a";
}

Lines heading(const Report& report, const View& view) {
    Lines lines;
    Row slips(view.width);
    slips.add("Slips " + (report.version.empty() ? std::string("of unknown version") : ascii(report.version)),
              Style::strong);
    if (report.has_ended) slips.add("has ended", Style::alarm);
    if (report.started && !report.has_ended) slips.fact("up", duration_text(report.unix_time - *report.started));
    const std::string type = ascii(stored_in(report, "input_type")), interface = ascii(stored_in(report, "interface"));
    std::string input = ascii(stored_in(report, "name"));
    if (input.empty() || input == "None") input = interface;
    slips.add((type.empty() || type == "None" ? std::string("input") : type) + (input.empty() ? "" : ": " + input),
              Style::faint);
    lines.push_back(slips.line());

    Row counts(view.width);
    counts.fact("flows/min", report.flows
                                 ? amount(report.flows_per_minute) == "n/a" ? "-" : amount(report.flows_per_minute)
                                 : "n/a");
    std::string evidence = amount(report.evidence);
    if (report.evidence && report.evidence_rate) evidence += " (" + number_text(*report.evidence_rate) + "/s)";
    counts.fact("evidence", evidence);
    counts.fact("alerts", amount(report.alerts), report.alerts.value_or(0) > 0 ? Style::alarm : Style::strong);
    counts.fact("profiles", amount(report.profiles)).fact("time windows", amount(report.windows));
    if (report.flows) counts.fact("flows", amount(report.flows));
    lines.push_back(counts.line());

    Row redis(view.width);
    redis.add("Redis " + (report.redis.version.empty() ? std::string("?") : ascii(report.redis.version)),
              Style::strong);
    redis.fact("cmd/s", report.redis_command_rate ? number_text(*report.redis_command_rate) : "-");
    redis.fact("CPU%", report.redis_cpu ? percent(report.redis_cpu, 1 + percent(report.redis_cpu, 0).size()) : "-");
    redis.fact("memory", report.redis.memory ? bytes_text(*report.redis.memory) : "n/a");
    redis.fact("clients", amount(report.redis.clients));
    redis.fact("dropped for slowness", amount(report.redis.dropped),
               report.redis.dropped.value_or(0) > 0 ? Style::alarm : Style::strong);
    redis.fact("at", ascii(view.where), Style::faint);
    lines.push_back(redis.line());
    return lines;
}

/// A column: its heading, its width, and the text of a row.
struct Column {
    std::string title;
    std::size_t width;
    SortKey key;
    bool sorts = true;
};

std::vector<Column> columns_for(std::size_t width) {
    std::vector<Column> columns{{"STATE", 8, SortKey::name, false}, {"CPU%", 6, SortKey::cpu},
                                {"MEM", 6, SortKey::memory},        {"IN/S", 6, SortKey::received},
                                {"BACKLOG", 8, SortKey::backlog},   {"GROW/S", 7, SortKey::backlog, false},
                                {"EVID/S", 6, SortKey::evidence}};
    if (width >= 110) {
        columns.insert(columns.begin() + 1, {"PROC", 4, SortKey::name, false});
        columns.insert(columns.begin() + 5, {"RECEIVED", 11, SortKey::received, false});
    }
    return columns;
}

std::string cell_of(const ModuleRow& row, const Column& column, const Report& report) {
    const bool counts = report.published.has_value();
    const std::string_view unknown = counts ? "-" : "n/a";
    const std::string& title = column.title;
    const std::size_t width = column.width;
    if (title == "STATE") return left(row.state, width);
    if (title == "PROC") return right(row.processes > 0 ? std::to_string(row.processes) : "-", width);
    if (title == "CPU%") return percent(row.cpu, width);
    if (title == "MEM")
        return right(row.memory ? bytes_text(*row.memory) + (row.memory_is_rss ? "*" : "") : std::string("-"), width);
    if (title == "RECEIVED") return cell(row.received, width, unknown);
    if (title == "IN/S") return cell(row.received_rate, width, unknown);
    if (title == "BACKLOG") return cell(row.backlog, width, unknown);
    if (title == "GROW/S") {
        std::string text = row.growth ? short_number(*row.growth, width - 1) : std::string(unknown);
        if (row.growth && *row.growth >= 0.05) text.insert(text.begin(), '+');
        return right(text, width);
    }
    return cell(row.evidence_rate, width);
}

std::string metrics_text(const ModuleMetrics& metrics) {
    std::string text;
    const auto add = [&](const std::string& name, const std::string& value) {
        text += (text.empty() ? "" : "  ") + ascii(name) + " " + value;
    };
    for (const auto& [name, count] : metrics.counts) add(name, grouped(count));
    for (const auto& [name, value] : metrics.gauges) add(name, number_text(value));
    return text;
}

constexpr std::size_t name_width_for_metrics = 26;  // of wide tables, which have the metrics in the last column

std::size_t width_of(const std::vector<Column>& columns) {
    std::size_t width = 0;
    for (const Column& column : columns) width += column.width + 1;
    return width;
}

std::size_t name_width(const View& view, const std::vector<Column>& columns) {
    const std::size_t rest = view.width > width_of(columns) ? view.width - width_of(columns) : 0;
    return view.width >= 140 ? std::min<std::size_t>(rest, name_width_for_metrics) : rest;
}

std::size_t metrics_width(const View& view, const std::vector<Column>& columns) {
    const std::size_t used = name_width(view, columns) + width_of(columns) + 2;
    return view.width > used + 10 ? view.width - used : 0;
}

Line titles(const View& view, const std::vector<Column>& columns) {
    Line line{
        {left("MODULE", name_width(view, columns)), view.sort == SortKey::name ? Style::selected : Style::heading}};
    for (const Column& column : columns) {
        const bool is_key = column.sorts && view.sort == column.key && view.height > 0;
        line.push_back({" ", Style::heading});
        line.push_back({column.title == "STATE" ? left(column.title, column.width) : right(column.title, column.width),
                        is_key ? Style::selected : Style::heading});
    }
    if (const std::size_t width = metrics_width(view, columns))
        line.push_back({"  " + left("METRICS", width), Style::heading});
    return line;
}

Line row_line(const ModuleRow& row, const Report& report, const View& view, const std::vector<Column>& columns) {
    const bool is_selected = view.height > 0 && row.name == view.selected;
    const Style style = is_selected            ? Style::selected
                        : !row.alarm.empty()   ? Style::alarm
                        : row.state == "ended" ? Style::faint
                                               : Style::plain;
    std::string text = left(row.name, name_width(view, columns));
    for (const Column& column : columns) text.append(1, ' ').append(cell_of(row, column, report));
    if (const std::size_t width = metrics_width(view, columns)) text += "  " + left(metrics_text(row.metrics), width);
    return {{text, style}};
}

/// Returns the text in lines of this width, broken at blanks where there are any.
Lines wrapped(std::string_view text, std::size_t width, Style style) {
    Lines lines;
    while (text.size() > width) {
        const std::size_t blank = text.rfind(' ', width);
        const std::size_t end = blank == std::string_view::npos || blank == 0 ? width : blank;
        lines.push_back({{std::string(text.substr(0, end)), style}});
        text.remove_prefix(text[end] == ' ' ? end + 1 : end);
    }
    lines.push_back({{std::string(text), style}});
    return lines;
}

/// The lines about the selected module.
Lines details(const ModuleRow& row, const View& view, std::size_t most) {
    Lines lines;
    Row title(view.width);
    title.add(row.name, Style::strong);
    if (row.processes > 0) title.fact("processes", std::to_string(row.processes));
    if (row.cpu_seconds) title.fact("CPU seconds", number_text(*row.cpu_seconds));
    if (row.received) title.fact("received", grouped(*row.received));
    lines.push_back(title.line());
    const std::string metrics = metrics_text(row.metrics);
    if (!metrics.empty()) lines.push_back(Row(view.width).fact("metrics", fitted(metrics, view.width - 8)).line());
    for (const ChannelRow& channel : row.channels) {
        if (lines.size() >= most) break;
        Row line(view.width);
        line.add(left(channel.name, 22)).fact("received", grouped(channel.received));
        line.fact("of", grouped(channel.published));
        line.fact("backlog", grouped(channel.backlog), channel.backlog > 0 ? Style::alarm : Style::strong);
        if (channel.received_rate) line.fact("in/s", number_text(*channel.received_rate));
        if (channel.growth && std::abs(*channel.growth) >= 0.05) line.fact("grow/s", number_text(*channel.growth));
        lines.push_back(line.line());
    }
    if (row.channels.empty()) lines.push_back({{"no messages are counted for this module", Style::faint}});
    if (lines.size() > most) lines.resize(most);
    return lines;
}

Lines help_lines() {
    Lines lines;
    for (const char* text : {"MODULE   a name in Slips' PIDs, or of the SDK; with its child processes",
                             "CPU%     of one core. MEM: PSS, in which shared memory is divided; *: RSS",
                             "IN/S     messages received per second",
                             "BACKLOG  published minus received, in its channels. GROW/S: growth per second",
                             "EVID/S   evidence per second, of modules that use this SDK",
                             "Highlighted: more than five seconds behind, stopped, or ended with a backlog"})
        lines.push_back({{text}});
    return lines;
}

Line keys_line(std::size_t width) {
    const std::string text =
        "q quit  up/down select  sort: b backlog  c CPU  m memory  r received  e evidence  n name  h help";
    const std::string shorter = "q quit  arrows select  sort by b c m r e n  h help";
    return {{left(text.size() <= width ? text : shorter, width), Style::heading}};
}

void cut(Line& line, std::size_t width) {
    std::size_t used = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (used + line[i].text.size() > width) {
            line[i].text.resize(width - used);
            line.resize(i + 1);
            return;
        }
        used += line[i].text.size();
    }
}

/// The rows of the list, and with an alarm the line that explains it.
struct Listed {
    Line line;
    std::size_t row;
};

std::vector<Listed> list_of(const Report& report, const View& view, const std::vector<Column>& columns) {
    std::vector<Listed> list;
    for (std::size_t i = 0; i < report.modules.size(); ++i) {
        const ModuleRow& row = report.modules[i];
        list.push_back({row_line(row, report, view, columns), i});
        if (!row.alarm.empty()) list.push_back({{{"  " + fitted(ascii(row.alarm), view.width - 2), Style::alarm}}, i});
    }
    return list;
}

}  // namespace

std::string_view character_at(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    const unsigned first = byte(at);
    const std::size_t size = first < 0x80   ? 1
                             : first < 0xC2 ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
    for (std::size_t i = 1; i < size; ++i)
        if ((byte(at + i) & 0xC0u) != 0x80) return {};
    const unsigned second = byte(at + 1);
    const bool is_wrong = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                          (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
    return is_wrong ? std::string_view() : text.substr(at, size);
}

std::string ascii(std::string_view text) {
    const std::string shown = slips::screen_line(text);
    std::string out;
    for (std::size_t at = 0; at < shown.size();) {
        const std::string_view character = character_at(shown, at);
        at += std::max<std::size_t>(character.size(), 1);
        if (character.size() == 1) {
            out += character == "\t" ? ' ' : character.front();
            continue;
        }
        std::array<char, 16> escaped{};
        if (character.empty()) {
            std::snprintf(escaped.data(), escaped.size(), "\\x%02x", static_cast<unsigned char>(shown[at - 1]));
        } else {
            unsigned code = static_cast<unsigned char>(character.front()) & (0xFFu >> (character.size() + 1));
            for (const char c : character.substr(1)) code = code << 6 | (static_cast<unsigned char>(c) & 0x3Fu);
            std::snprintf(escaped.data(), escaped.size(), code > 0xFFFF ? "\\U%08x" : "\\u%04x", code);
        }
        out += escaped.data();
    }
    return out;
}

std::string fitted(std::string_view text, std::size_t width) {
    // What does not fit need not be escaped: a name may be very long.
    std::string shown = ascii(text.substr(0, text.size() > 4 * width + 16 ? 4 * width + 16 : text.size()));
    if (shown.size() <= width) return shown;
    if (width < 3) return shown.substr(0, width);
    return shown.substr(0, width - 2) + "..";
}

std::string bytes_text(std::uint64_t bytes) {
    constexpr std::array<char, 6> units{'B', 'K', 'M', 'G', 'T', 'P'};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 999.5 && unit + 1 < units.size(); ++unit) value /= 1024;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), unit > 1 && value < 99.95 ? "%.1f%c" : "%.0f%c", value, units[unit]);
    return text.data();
}

std::string text_of(const Line& line) {
    std::string text;
    for (const Span& span : line) text += span.text;
    return text;
}

std::vector<Line> lines_of(const Report& report, View& view) {
    const bool is_screen = view.height > 0;
    View chosen = view;
    chosen.width = std::max(view.width, narrowest);
    Lines lines;
    if (!view.trouble.empty()) {
        lines = wrapped(ascii(view.trouble), chosen.width, Style::alarm);
    } else if (!report.is_running) {
        lines.push_back({{fitted("Redis at " + view.where + " holds no Slips: waiting for one to start", chosen.width),
                          Style::strong}});
    } else {
        lines = heading(report, chosen);
        for (const std::string& note : report.notes) lines.push_back({{fitted(note, chosen.width), Style::faint}});
        const std::vector<Column> columns = columns_for(chosen.width);
        lines.push_back({});
        lines.push_back(titles(chosen, columns));
        const auto list = list_of(report, chosen, columns);
        if (!is_screen) {
            for (const Listed& each : list) lines.push_back(each.line);
        } else {
            Lines below;
            const std::size_t used = lines.size() + 1;  // and the keys
            const std::size_t free = view.height > used ? view.height - used : 0;
            if (chosen.shows_help) {
                below = help_lines();
            } else {
                const std::size_t most = std::max<std::size_t>(free / 4, 3);
                for (const ModuleRow& row : report.modules)
                    if (row.name == view.selected && free >= 8) below = details(row, chosen, most);
            }
            if (!below.empty()) below.insert(below.begin(), Line{});
            if (below.size() > free) below.resize(free);
            const std::size_t room = free - below.size();
            std::size_t selected = 0, last = 0;
            for (std::size_t i = 0; i < list.size(); ++i) {
                if (report.modules[list[i].row].name != view.selected) continue;
                if (last == 0) selected = i;
                last = i + 1;
            }
            if (last > 0 && last > view.first + room) view.first = last - room;
            if (last > 0 && selected < view.first) view.first = selected;
            view.first = std::min(view.first, list.size() > room ? list.size() - room : 0);
            for (std::size_t i = view.first; i < list.size() && i < view.first + room; ++i)
                lines.push_back(list[i].line);
            while (lines.size() + below.size() + 1 < view.height) lines.push_back({});
            lines.insert(lines.end(), below.begin(), below.end());
        }
    }
    if (is_screen) {
        while (lines.size() + 1 < view.height) lines.push_back({});
        lines.resize(view.height - 1);
        lines.push_back(keys_line(chosen.width));
    }
    for (Line& line : lines) cut(line, view.width);
    return lines;
}

}  // namespace slipsdev
