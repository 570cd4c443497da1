// Any evidence that a module may set: what validate() accepts is also accepted by Slips' own rules, as slipsdev states them.
// Input: one field a line; see the code for their order.
#include <charconv>
#include <initializer_list>
#include <nlohmann/json.hpp>

#include "fuzz.hpp"
#include "slips/evidence.hpp"
#include "slips/impl/wire/hash_evidence.hpp"
#include "slips/impl/wire/object_evidence.hpp"
#include "slipsdev/judge/evidence_rules.hpp"

namespace {

int number_in(std::string_view text) {
    int value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

void check_stored_window(std::string_view key, const std::string& json) {
    slips::wire::object_evidence::Window window;
    fuzz::expect(window.put(key, json), "a window begins empty");
    fuzz::expect(!window.put(key, json), "a repeat is none");
    slips::wire::object_evidence::Window read;
    fuzz::expect(read.read(window.text()) && read.text() == window.text(), "a window reads what it wrote",
                 window.text());
}

/// Some versions of Slips act on these words, wherever they stand in what they print.
void check_words(const slips::Evidence& evidence, std::initializer_list<std::string_view> words, const char* what) {
    for (const std::string_view word : words)
        for (const std::string* text : {&evidence.description, &evidence.attacker.value, &evidence.victim.value,
                                        &evidence.category, &evidence.interface, &evidence.source_target_tag})
            fuzz::expect(text->find(word) == std::string::npos, what, *text, word);
}

/// What validate() accepts for a release, slipsdev accepts as that release.
void judge(const slips::Evidence& completed, const slips::Context& context,
           const slips::wire::hash_evidence::Enrichment& known, const char* version) {
    const slips::detail::Dialect& dialect = slips::detail::dialect_of(*slips::detail::parse_release(version));
    if (slips::detail::validate(completed, context, dialect)) return;
    if (slips::detail::type_name(completed.type.current, dialect).empty()) return;  // EvidenceFilter refuses it
    std::string json = dialect.is_typed()
                           ? slips::wire::hash_evidence::encode(completed, context, known, known,
                                                                slips::wire::EvidenceKeys::of(dialect), dialect)
                           : slips::wire::object_evidence::encode(completed, context, dialect);
    if (dialect.stamped) json = slips::wire::stamped(json, version);
    const slipsdev::EvidenceRules rules{*slipsdev::release_named(version), [](std::string_view) { return true; }};
    slipsdev::Evidence judged;
    const auto complaint = slipsdev::judge_evidence(json, rules, judged);
    fuzz::expect(!complaint, "this release of Slips would not accept it", json,
                 std::string(version) + ": " + complaint.value_or(""));
    if (dialect.output == slips::detail::Output::queue)
        check_words(completed, {"stop_process", "log-only", "initialize progress bar", "update progress bar"},
                    "Slips would act on it");
    else
        check_words(completed, {dialect.output == slips::detail::Output::direct ? "analyzed IPs" : "Analyzed IPs"},
                    "Slips would act on it");
    if (!dialect.is_typed()) check_stored_window(slips::wire::object_evidence::key_of(completed, dialect), json);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest = fuzz::text_of(data, size);
    const auto line = [&rest] { return std::string(fuzz::take_line(rest)); };
    slips::Context context;
    context.profileid = line();
    context.twid = line();
    context.uids = {line()};
    context.saddr = line();
    context.daddr = line();
    slips::Evidence evidence;
    const std::string type_current = line();
    const std::string type_legacy = line();
    evidence.type = {type_current, type_legacy};
    evidence.attacker = line();
    evidence.victim = line();
    evidence.timestamp = line();
    const int numbers = number_in(line());
    if (numbers & 1) evidence.timestamp = static_cast<double>(numbers) * 1e3;
    evidence.threat_level = static_cast<slips::ThreatLevel>(numbers >> 1 & 7);
    evidence.confidence = static_cast<double>(number_in(line())) / 1000;
    if (numbers & 64) evidence.proto = static_cast<slips::Proto>(numbers >> 7 & 3);
    if (numbers & 512) evidence.dst_port = number_in(line());
    evidence.method = static_cast<slips::Method>(numbers >> 10 & 7);
    if (numbers & 8192) evidence.connection_count = numbers;
    evidence.category = line();
    evidence.interface = line();
    evidence.source_target_tag = line();
    evidence.description = std::string(rest);  // may contain line breaks

    const slips::Evidence completed = slips::complete(evidence, context);
    slips::wire::hash_evidence::Enrichment known;
    slips::wire::hash_evidence::read_ip_fact(static_cast<std::size_t>(numbers) % 5, evidence.description, known);
    slips::wire::hash_evidence::read_domain_facts(evidence.description, known);
    for (const char* const version :
         {"0.9.1", "0.9.6", "1.0.1", "1.0.10", "1.0.14", "1.1.6", "1.1.12", "1.1.18", "1.1.21"})
        judge(completed, context, known, version);
    return 0;
}
