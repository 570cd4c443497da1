// Categories of IDEA0: the list, the nearest category, and that an unknown one is reported once and accepted.
#include "slips/impl/wire/idea.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>

#include "evidence_scenarios.hpp"
#include "session_driver.hpp"

using slips_test::SessionDriver;

TEST_CASE("each IDEA category is listed once, and so is its parent") {
    const std::set<std::string_view> all(slips::idea_categories.begin(), slips::idea_categories.end());
    CHECK(all.size() == slips::idea_categories.size());
    for (const std::string_view category : all) {
        CAPTURE(category);
        CHECK(all.contains(category.substr(0, category.find('.'))));
        CHECK(slips::is_idea_category(category));
        CHECK(slips::nearest_idea_category(category) == category);
    }
    // what Slips' own modules use, except for one misspelling
    for (const char* category : {"Anomaly.Behaviour", "Anomaly.Connection", "Anomaly.Traffic", "Attempt.Login",
                                 "Information", "Intrusion.Botnet", "Malware", "Recon", "Recon.Scanning"})
        CHECK(slips::is_idea_category(category));
}

TEST_CASE("nearest_idea_category() finds the intended category") {
    constexpr struct {
        const char* written;
        const char* meant;
    } cases[] = {{"Anomaly.Behavior", "Anomaly.Behaviour"},
                 {"anomaly.connection", "Anomaly.Connection"},
                 {"Infomation", "Information"},
                 {"Recon.Scaning", "Recon.Scanning"},
                 {"Scanning", "Recon.Scanning"},
                 {"ddos", "Availability.DDoS"},
                 {"Malware.Ransom", "Malware"},
                 {"Recom.Whatever", "Recon"},
                 {"Suspicious", ""},
                 {"Suspicious.Tor", ""},
                 {"", ""},
                 {"x", ""},
                 {".", ""}};
    for (const auto& one : cases) {
        CAPTURE(one.written);
        CHECK(slips::nearest_idea_category(one.written) == one.meant);
        CHECK_FALSE(slips::is_idea_category(one.written));
    }
    CHECK(slips::nearest_idea_category(std::string(100'000, 'A')).empty());
}

TEST_CASE("an unknown IDEA category is accepted and reported once") {
    for (const slips::Generation generation : {slips::Generation::current, slips::Generation::legacy}) {
        auto settings = SessionDriver::settings();
        settings.generation = generation;
        settings.slips_version = "1.1.21";
        SessionDriver slips(settings);
        slips.main.sorted_sets["twsprofile_192.168.1.12"]["timewindow1"] = "1654188705.5";
        slips.connect();
        slips.said.clear();
        const auto set = [&](const std::string& category, const std::string& peer) {
            auto evidence = slips_test::local_connection(peer);
            evidence.category = category;
            return slips.session.set_evidence(slips_test::context_of_scenarios(), evidence);
        };
        for (int i = 1; i <= 3; ++i) CHECK(set("Anomaly.Connection", "10.0.0." + std::to_string(i)));
        CHECK(slips.said.empty());
        for (int i = 4; i <= 6; ++i) CHECK(set("Anomaly.Behavior", "10.0.0." + std::to_string(i)));
        CHECK(set("Odd", "10.0.0.7"));
        REQUIRE(slips.said.size() == 2);
        CHECK(slips.said[0].find("Anomaly.Behavior") != std::string::npos);
        CHECK(slips.said[0].ends_with(", which IDEA does not define; the nearest one is Anomaly.Behaviour"));
        CHECK(slips.said[1].ends_with(", which IDEA does not define; see slips/impl/wire/idea.hpp"));
        for (int i = 0; i < 100; ++i) CHECK(set("Made up " + std::to_string(i), "10.0.1." + std::to_string(i)));
        CHECK(slips.said.size() <= 20);  // not one line for each, whatever text an author uses
        slips.run();
        CHECK(slips.published("evidence_added").size() == 107);
    }
}
