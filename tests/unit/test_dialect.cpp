// The table of what differs between the releases of Slips, and how versions are read.
#include <doctest/doctest.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include <slips/slips.hpp>

namespace {

using slips::detail::Dialect;
using slips::detail::release;

const Dialect& dialect(std::string_view version) {
    return slips::detail::dialect_of(slips::detail::parse_release(version).value());
}

}  // namespace

TEST_CASE("dialect: a version is read as Slips stores it, and other text is none") {
    const std::pair<std::string_view, slips::detail::Release> versions[] = {
        {"0.9.0", release(0, 9, 0)},    {"1.1", release(1, 1, 0)},     {"1.1.1\n", release(1, 1, 1)},
        {" v1.0.3 ", release(1, 0, 3)}, {"1.1.4.1", release(1, 1, 4)}, {"1.1.22", release(1, 1, 22)},
    };
    for (const auto& [text, number] : versions) {
        CAPTURE(std::string(text));
        CHECK(slips::detail::parse_release(text) == number);
    }
    for (const std::string_view text : {"", "v", "develop", "-1.0", ".1"}) {
        CAPTURE(std::string(text));
        CHECK_FALSE(slips::detail::parse_release(text));
    }
}

TEST_CASE("dialect: rows are in the order of releases, and a version has the last row that is not newer") {
    const auto& rows = slips::detail::dialects;
    CHECK(
        std::is_sorted(rows.begin(), rows.end(), [](const Dialect& a, const Dialect& b) { return a.since < b.since; }));
    CHECK(dialect("0.8.5").since == release(0, 9, 0));
    CHECK(dialect("0.9.4").since == release(0, 9, 2));
    CHECK(dialect("1.1.4.1").since == release(1, 1, 3));
    CHECK(dialect("1.1.22").since == release(1, 1, 21));
    CHECK(dialect("2.0").since == release(1, 1, 21));
}

TEST_CASE("dialect: the releases at which evidence, messages and the stop change") {
    using slips::Generation;
    using slips::detail::EvidenceStore;
    using slips::detail::StopOrder;
    CHECK(dialect("0.9.1").store == EvidenceStore::by_description);
    CHECK(dialect("0.9.2").store == EvidenceStore::by_id);
    CHECK(dialect("1.0.10").store == EvidenceStore::by_id);
    CHECK(dialect("1.0.11").store == EvidenceStore::hash);
    CHECK(dialect("1.1.1").generation == Generation::legacy);
    CHECK(dialect("1.1.2").generation == Generation::current);
    CHECK(dialect("1.0.4").stop == StopOrder::all_channels);
    CHECK(dialect("1.0.5").stop == StopOrder::control_module);
    CHECK(dialect("1.0.6").stop == StopOrder::event);
    CHECK_FALSE(dialect("1.1.19").stamped);
    CHECK(dialect("1.1.20").stamped);
}
