// The module that the last part of the tutorial explains: it uses a little of everything.
#include <slips/slips.hpp>

#include <chrono>
#include <cmath>
#include <fstream>
#include <string>

struct LineByLine : slips::Module<LineByLine> {
    static constexpr slips::Setting<long> first{
        .name = "first", .by_default = 1, .min = 0, .max = 100, .description = "flows whose peers are printed"};
    static constexpr slips::ModuleInfo info{
        .name = "line_by_line",
        .description = "counts flows, also those of earlier runs",
        .authors = "Your name",
        .version = "1.2.0",
        .needs_root = false,
        .settings = {first},
    };

    bool init() override {
        print("some text", 1, 0);
        window_ = config().get<double>("parameters", "time_window_width", 3600.0);
        subscribe("new_blame");
        every(std::chrono::minutes(1), [this] { print(std::to_string(count_) + " flows so far", 2, 0); });
        return true;
    }

    bool pre_main() override {
        load_model();
        return true;
    }

    void on(const slips::NewFlow& msg) {
        ++count_;
        count("flows");
        ++flows_[msg];
        if (count_ <= setting(first)) print_known(msg);
    }

    void on(const slips::TwClosed& msg) {
        print(msg.profileid + " had " + std::to_string(flows_[msg]) + " flows in " + msg.twid, 3, 0);
        gauge("flows_in_last_window", static_cast<double>(flows_[msg]));
    }

    void on(const slips::RawMessage& msg) {
        if (msg.channel == "new_blame") print(slips::printable(msg.text()), 2, 0);
    }

    void on_gap(const slips::Gap&) override { log_warning("some flows were missed"); }

    void shutdown_gracefully() override {
        save_model();
        print(std::to_string(count_) + " flows, in windows of " + std::to_string(std::lround(window_)) + " s");
    }

private:
    void print_known(const slips::NewFlow& msg) {
        const auto [peer, window] =
            database().get(slips::query::ip(msg.flow.daddr), slips::query::window(msg.profileid, msg.twid));
        const std::string start = slips::python_repr(window.start.value_or(0));
        print(peer.ip + " belongs to " + peer.as_org + "; the time window began at " + start, 3, 0);
    }

    void load_model() {
        std::ifstream file(output_dir() / "model.txt");
        file >> count_;
        if (!file) log_debug("there is no model of an earlier run");
    }

    void save_model() {
        std::ofstream file(output_dir() / "model.txt");
        file << count_ << '\n';
        file.close();
        if (!file) log_error("the model could not be saved");
    }

    double window_ = 0;
    long count_ = 0;
    slips::PerWindow<long> flows_{*this};
};

int main(int argc, char** argv) { return slips::run<LineByLine>(argc, argv); }
