// examples/flow_classifier: decides as scikit-learn does, and refuses models that it cannot use.
#include <doctest/doctest.h>

#include <sys/stat.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <system_error>
#include <type_traits>
#include <vector>

#include "slips/slips.hpp"
#include "slips/testing.hpp"

#include "../../examples/flow_classifier/flow_classifier.hpp"
#include "decoding.hpp"

using namespace std::chrono_literals;
using nlohmann::json;
using slips::testing::Harness;

namespace {

const std::string data = std::string(SLIPS_TEST_SOURCE_DIR) + "/tests/data/flow_classifier/";
const std::string example = std::string(SLIPS_TEST_SOURCE_DIR) + "/examples/flow_classifier/model.json";

std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> cells;
    std::istringstream rest(line + ",");
    for (std::string cell; std::getline(rest, cell, ',');) cells.push_back(cell);
    return cells;
}

template <class T>
std::optional<T> number(const std::string& cell) {
    if (cell.empty()) return std::nullopt;
    if constexpr (std::is_same_v<T, double>) return std::stod(cell);
    // Counts that scikit-learn got from a log are written as 61099.0.
    else
        return static_cast<T>(cell.find('.') == std::string::npos ? std::stoll(cell)
                                                                  : static_cast<long long>(std::stod(cell)));
}

slips::NewFlow flow_of(const std::vector<std::string>& cells) {
    slips::NewFlow msg;
    msg.flow.dur = number<double>(cells[0]);
    msg.flow.sport = number<int>(cells[1]);
    msg.flow.dport = number<int>(cells[2]);
    msg.flow.spkts = number<std::int64_t>(cells[3]);
    msg.flow.dpkts = number<std::int64_t>(cells[4]);
    msg.flow.sbytes = number<std::int64_t>(cells[5]);
    msg.flow.dbytes = number<std::int64_t>(cells[6]);
    msg.flow.proto = cells[7];
    msg.flow.appproto = cells[8];
    msg.flow.state = cells[9];
    msg.interpreted_state = cells[10];
    return msg;
}

/// A model that is malicious for flows longer than two seconds.
json small_model() {
    return json{
        {"classes", {"good", "bad"}},
        {"malicious", "bad"},
        {"features", json::array({json{{"name", "dur"}}, json{{"name", "proto"}, {"categories", {{"tcp", 1}}}}})},
        {"mean", {2.0, 0.0}},
        {"scale", {0.5, 1.0}},
        {"coefficients", {3.0, 0.0}},
        {"intercept", 0.0}};
}

std::string error_of(const json& model) {
    try {
        LinearModel unused(model);
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

/// A file with a model, removed with this object. Each write has a later time than the one before.
struct ModelFile {
    std::filesystem::path path;
    std::filesystem::file_time_type time{};

    explicit ModelFile(const std::string& content) {
        std::random_device random;
        path = std::filesystem::temp_directory_path() /
               ("slips-unit-model-" + std::to_string(random()) + std::to_string(random()));
        write(content);
        time = std::filesystem::last_write_time(path);
    }
    ~ModelFile() {
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
    }
    ModelFile(const ModelFile&) = delete;
    ModelFile& operator=(const ModelFile&) = delete;

    void write(const std::string& content) {
        std::ofstream(path) << content;
        time += 1s;
        std::filesystem::last_write_time(path, time);
    }
    slips::testing::Settings settings() const {
        slips::testing::Settings settings;
        settings.config = json{{"flow_classifier", {{"model_file", path.string()}}}}.dump();
        settings.strict = false;
        return settings;
    }
};

void send_long_flow(Harness<FlowClassifier>& host, const std::string& proto = "tcp") {
    host.send<slips::NewFlow>(
        {.dur = 3.0, .saddr = "192.168.1.12", .daddr = "203.0.113.7", .sport = 41000, .dport = 443, .proto = proto});
}

bool has_print(Harness<FlowClassifier>& host, const std::string& part) {
    for (const auto& line : host.prints()) {
        if (line.text.find(part) != std::string::npos) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("flow_classifier decides as scikit-learn does, on a real log and on 10,000 odd flows") {
    const std::array<LinearModel, 3> models{LinearModel::load(data + "sgd.json"),
                                            LinearModel::load(data + "logistic.json"),
                                            LinearModel::load(data + "svc.json")};
    std::ifstream expected(data + "expected.csv");
    std::string line;
    REQUIRE(std::getline(expected, line));
    std::size_t flows = 0;
    std::size_t malicious = 0;
    std::size_t other_decisions = 0;
    double largest_difference = 0;  // of scores, in units of the score where that is above 1
    while (std::getline(expected, line)) {
        const std::vector<std::string> cells = cells_of(line);
        REQUIRE(cells.size() == 17);
        const slips::NewFlow msg = flow_of(cells);
        for (std::size_t i = 0; i < models.size(); ++i) {
            const double score = models[i].score(msg);
            const double theirs = std::stod(cells[11 + 2 * i]);
            largest_difference =
                std::max(largest_difference, std::abs(score - theirs) / std::max(1.0, std::abs(theirs)));
            const bool decision = models[i].is_malicious(score);
            if (decision != (cells[12 + 2 * i] == "1")) ++other_decisions;
            if (decision) ++malicious;
        }
        ++flows;
    }
    CHECK(flows == 10'576);
    CHECK(malicious > 5'000);
    CHECK(other_decisions == 0);
    CHECK(largest_difference < 1e-9);
}

TEST_CASE(
    "flow_classifier decides in the same way on the flows of legacy Slips, which have sums and no dpkts or dbytes") {
    const std::array<LinearModel, 3> models{LinearModel::load(data + "sgd.json"),
                                            LinearModel::load(data + "logistic.json"),
                                            LinearModel::load(data + "svc.json")};
    std::ifstream expected(data + "expected.csv");
    std::string line;
    REQUIRE(std::getline(expected, line));
    std::size_t flows = 0;
    std::size_t other_decisions = 0;
    while (std::getline(expected, line)) {
        const std::vector<std::string> cells = cells_of(line);
        slips::NewFlow msg = flow_of(cells);
        slips::Conn& flow = msg.flow;
        constexpr std::int64_t half = std::int64_t{1} << 62;
        if (!flow.spkts || !flow.dpkts || !flow.sbytes || !flow.dbytes || *flow.spkts >= half || *flow.dpkts >= half ||
            *flow.sbytes >= half || *flow.dbytes >= half)
            continue;  // legacy Slips sends 0 for a number that a log does not have
        flow.pkts = *flow.spkts + *flow.dpkts;
        flow.bytes = *flow.sbytes + *flow.dbytes;
        flow.interpreted_state = msg.interpreted_state == "Not Established" ? "NotEstablished" : msg.interpreted_state;
        flow.uid = "C1";
        flow.saddr = "192.168.1.12";
        flow.daddr = "203.0.113.7";
        msg.interpreted_state.clear();
        const std::string text = slips::testing::detail::encode(msg, slips::Generation::legacy);
        const auto legacy = slips_test::decoded<slips::NewFlow>(text);
        REQUIRE_FALSE(legacy.flow.dbytes);
        for (std::size_t i = 0; i < models.size(); ++i)
            if (models[i].is_malicious(models[i].score(legacy)) != (cells[12 + 2 * i] == "1")) ++other_decisions;
        ++flows;
    }
    CHECK(flows > 5'000);
    CHECK(other_decisions == 0);

    // Slips before 0.9.3 adds bytes to the packets of a JSON log: what is smaller than a part of it is no sum.
    json model = small_model();
    model["features"][0]["name"] = "dpkts";
    slips::NewFlow first;
    first.flow.spkts = 3;
    first.flow.pkts = 2;
    CHECK(LinearModel(model).score(first) == doctest::Approx(-12));
}

TEST_CASE("flow_classifier sets evidence for a flow that the model calls malicious") {
    for (const auto generation : {slips::Generation::current, slips::Generation::legacy}) {
        const ModelFile file(small_model().dump());
        auto settings = file.settings();
        settings.generation = generation;
        Harness<FlowClassifier> host(settings);
        send_long_flow(host);
        host.send<slips::NewFlow>({.dur = 1.0, .saddr = "192.168.1.12", .daddr = "203.0.113.7"});
        host.expect_evidence(1);
        host.expect_victims();
        const auto& evidence = host.accepted().front().evidence;
        CHECK(evidence.method == slips::Method::ai);
        CHECK(evidence.description ==
              "Flow with malicious characteristics by ML. Src IP 192.168.1.12:41000 to 203.0.113.7:443");
    }
}

TEST_CASE("flow_classifier classifies flows of the protocols of its model only") {
    json model = small_model();
    model["protocols"] = {"tcp", "udp"};
    const ModelFile file(model.dump());
    Harness<FlowClassifier> host(file.settings());
    send_long_flow(host, "icmp");
    send_long_flow(host, "");
    host.expect_evidence(0);
    send_long_flow(host, "UDP");
    host.expect_evidence(1);
}

TEST_CASE("flow_classifier names what is wrong with a model") {
    const auto with = [](const char* key, const json& value) {
        json model = small_model();
        model[key] = value;
        return error_of(model);
    };
    const auto without = [](const char* key) {
        json model = small_model();
        model.erase(key);
        return error_of(model);
    };
    CHECK(error_of(small_model()).empty());
    CHECK(with("features", json::array({json{{"name", "durr"}}})) ==
          "features[0].name: \"durr\" is no feature of a flow; the features are dur, sport, dport, spkts, dpkts, pkts, "
          "sbytes, "
          "dbytes, bytes, proto, appproto, state, interpreted_state");
    CHECK(with("features", json::array({json{{"name", "proto"}}})) == "\"categories\" is missing");
    CHECK(with("features", json::array({json{{"name", "proto"}, {"categories", {{"tcp", nullptr}}}}})) ==
          "features[0].categories[\"tcp\"] is no finite number");
    CHECK(with("features", json::array()) == "\"features\" is no list of features");
    CHECK(with("mean", {1.0}) == "\"mean\" is no list of 2 numbers, one for each feature");
    CHECK(with("coefficients", {1.0, 2.0, 3.0}) == "\"coefficients\" is no list of 2 numbers, one for each feature");
    CHECK(with("scale", {1.0, nullptr}) == "scale[1] is no finite number");
    CHECK(with("scale", {1.0, std::nan("")}) == "scale[1] is no finite number");
    CHECK(with("scale", {1.0, 0.0}) == "scale[1] is 0");
    CHECK(with("classes", {"a", "b", "c"}) == "\"classes\" has 3 names, not 2");
    CHECK(with("classes", {"bad", "bad"}) == "\"classes\" has the same name twice");
    CHECK(with("malicious", "worse") == "\"malicious\" is \"worse\", which is none of \"classes\"");
    CHECK(without("intercept") == "\"intercept\" is missing");
    CHECK(without("features") == "\"features\" is missing");
    CHECK(without("mean").empty());
    CHECK(error_of(json::array()) == "\"features\" is missing");
    for (const char* misspelt : {"means", "scales", "protocol"})
        CHECK(with(misspelt, json::array()) == "a model has no \"" + std::string(misspelt) + "\"");
    CHECK(with("features", json::array({json{{"name", "dur"}, {"categories", json::object()}}})) ==
          "features[0] has no \"categories\"");
    CHECK(with("features", json::array({json{{"name", "dur"}}, json{{"name", "dur"}}})) ==
          "features[1] is the same as features[0]");
    CHECK(with("protocols", {"TCP"}).empty());
    CHECK(with("protocols", {"tcp", "xyz"})
              .find("\"protocols\": \"xyz\" is no protocol of a flow; the protocols are tcp,") == 0);
}

TEST_CASE("flow_classifier does not start without a usable model, and names the file and the reason") {
    for (const std::string content : {"{", R"({"intercept": NaN})", R"({"intercept": 1e999})", ""}) {
        CAPTURE(content);
        const ModelFile file(content);
        Harness<FlowClassifier> host(file.settings());
        CHECK_THROWS(send_long_flow(host));
        CHECK(has_print(host, "cannot use the model " + file.path.string() + ": "));
    }
    ModelFile pipe("");
    std::filesystem::remove(pipe.path);
    REQUIRE(::mkfifo(pipe.path.c_str(), 0600) == 0);
    Harness<FlowClassifier> waits(pipe.settings());
    CHECK_THROWS(send_long_flow(waits));
    CHECK(has_print(waits, "cannot use the model " + pipe.path.string() + ": it is no regular file"));
    slips::testing::Settings settings;
    settings.config = R"({"flow_classifier": {"model_file": "/nowhere/model.json"}})";
    Harness<FlowClassifier> missing(settings);
    CHECK_THROWS(send_long_flow(missing));
    CHECK(has_print(missing, "cannot open the model /nowhere/model.json"));
    settings.config = R"({"flow_classifier": {"model": "/nowhere/model.json"}})";
    Harness<FlowClassifier> misspelt(settings);
    CHECK_THROWS_WITH(misspelt.start(), doctest::Contains("but the module has no such setting"));
    Harness<FlowClassifier> unnamed;
    CHECK_THROWS(send_long_flow(unnamed));
    CHECK(has_print(unnamed, "there is no model: set model_file in section flow_classifier"));
    CHECK_NOTHROW(LinearModel::load(example));
}

TEST_CASE("flow_classifier loads a model again when its file changes, and keeps the old one if it cannot") {
    ModelFile file(small_model().dump());
    Harness<FlowClassifier> host(file.settings());
    send_long_flow(host);
    host.expect_evidence(1);

    file.write("{");
    host.advance(1s);
    CHECK(has_print(host, "cannot use the model " + file.path.string()));
    CHECK(has_print(host, "keeps the model that it has"));
    send_long_flow(host);
    host.expect_evidence(2);
    const std::size_t lines = host.prints().size();
    host.advance(5s);
    CHECK(host.prints().size() == lines);  // reported once

    json harmless = small_model();
    harmless["malicious"] = "good";
    file.write(harmless.dump());
    host.advance(1s);
    send_long_flow(host);
    host.expect_evidence(2);
}
