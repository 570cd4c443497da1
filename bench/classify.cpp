// Decides about the flows of a table with the model of examples/flow_classifier, again and again, and prints
// {"flows": …, "malicious": …, "cpu_us": CPU microseconds per flow} as JSON.
//
// usage: classify MODEL.json FLOWS.csv ROUNDS
#include <slips/slips.hpp>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "../examples/flow_classifier/linear_model.hpp"

namespace {

std::optional<double> number(const std::string& cell) {
    return cell.empty() ? std::nullopt : std::optional(std::strtod(cell.c_str(), nullptr));
}

template <class T>
void set(std::optional<T>& count, const std::string& cell) {
    if (const auto value = number(cell)) count = static_cast<T>(*value);
}

// The columns of tests/data/flow_classifier/expected.csv.
slips::NewFlow flow_of(const std::string& line) {
    std::vector<std::string> cells;
    std::istringstream rest(line);
    for (std::string cell; std::getline(rest, cell, ',');) cells.push_back(cell);
    cells.resize(11);
    slips::NewFlow msg;
    msg.flow.dur = number(cells[0]);
    set(msg.flow.sport, cells[1]);
    set(msg.flow.dport, cells[2]);
    set(msg.flow.spkts, cells[3]);
    set(msg.flow.dpkts, cells[4]);
    set(msg.flow.sbytes, cells[5]);
    set(msg.flow.dbytes, cells[6]);
    msg.flow.proto = cells[7];
    msg.flow.appproto = cells[8];
    msg.flow.state = cells[9];
    msg.interpreted_state = cells[10];
    return msg;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    try {
        const LinearModel model = LinearModel::load(argv[1]);
        std::ifstream file(argv[2]);
        std::string line;
        std::getline(file, line);
        std::vector<slips::NewFlow> flows;
        while (std::getline(file, line)) flows.push_back(flow_of(line));
        if (flows.empty()) throw std::runtime_error("no flows in " + std::string(argv[2]));

        const int rounds = std::atoi(argv[3]);
        std::size_t malicious = 0;
        const std::clock_t begin = std::clock();
        for (int i = 0; i < rounds; ++i) {
            for (const slips::NewFlow& msg : flows) malicious += model.is_malicious(model.score(msg)) ? 1 : 0;
        }
        const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
        const double decided = static_cast<double>(flows.size()) * rounds;
        std::printf("{\"flows\": %zu, \"malicious\": %zu, \"cpu_us\": %.6f}\n", flows.size(),
                    malicious / static_cast<std::size_t>(rounds), seconds / decided * 1e6);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "classify: %s\n", error.what());
        return 1;
    }
}
