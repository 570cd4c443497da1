// The forms that a handler may have: by const reference, by value, for several messages, a constrained template, in a
// final class, and RawMessage for channels chosen at run time.
#include <slips/slips.hpp>

#include <concepts>
#include <string>

struct ByReference : slips::Module<ByReference> {
    static constexpr slips::ModuleInfo info{.name = "by_reference"};
    void on(const slips::NewFlow& msg) { print(msg.flow.saddr); }
    void on(const slips::NewIp& msg) { print(msg.ip); }
    void on(const slips::NewProfile& msg) { print(msg.ip); }
    void on(const slips::TwClosed& msg) { print(msg.profileid + msg.twid); }
};

struct ByValue : slips::Module<ByValue> {
    static constexpr slips::ModuleInfo info{.name = "by_value"};
    void on(slips::NewFlow msg) { kept = msg; }
    slips::NewFlow kept{};
};

struct Constrained : slips::Module<Constrained> {
    static constexpr slips::ModuleInfo info{.name = "constrained"};
    template <class M>
    requires std::same_as<M, slips::NewFlow> || std::same_as<M, slips::TwClosed>
    void on(const M& msg) { print(msg.profileid); }
};

struct Final final : slips::Module<Final> {
    static constexpr slips::ModuleInfo info{.name = "final"};
    void on(const slips::NewFlow&) {}
};

struct Raw : slips::Module<Raw> {
    static constexpr slips::ModuleInfo info{.name = "raw", .needs_root = true};
    bool init() override {
        subscribe("new_notice");
        return true;
    }
    void on(const slips::RawMessage& msg) { print(msg.channel + ": " + std::string(msg.text())); }
};

int main(int argc, char** argv) {
    return slips::run<ByReference>(argc, argv) + slips::run<ByValue>(argc, argv) + slips::run<Constrained>(argc, argv) +
           slips::run<Final>(argc, argv) + slips::run<Raw>(argc, argv);
}
