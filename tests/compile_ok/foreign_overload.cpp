// What the checks cannot detect, and what they must accept: an overload of another type beside a handler, handlers
// and hooks of a base class, private hooks, a module without any handler.
#include <slips/slips.hpp>

#include <tuple>
#include <type_traits>

struct Flow {};

struct Beside : slips::Module<Beside> {
    static constexpr slips::ModuleInfo info{.name = "beside"};
    void on(const slips::NewFlow&) {}
    void on(const Flow&) {}  // never called: the start line shows the subscriptions
};
static_assert(std::is_same_v<slips::detail::HandledMessages<Beside>, std::tuple<slips::NewFlow>>);

class PrivateBeside : public slips::Module<PrivateBeside> {
public:
    static constexpr slips::ModuleInfo info{.name = "private_beside"};
    void on(const slips::NewFlow&) {}

private:
    void on(const slips::TwClosed&) {}  // never called either
    void shutdown_gracefully() override {}
};
static_assert(std::is_same_v<slips::detail::HandledMessages<PrivateBeside>, std::tuple<slips::NewFlow>>);
static_assert(slips::detail::has_shutdown_gracefully<PrivateBeside>);
static_assert(!slips::detail::has_init<PrivateBeside>);

template <class M>
struct Common : slips::Module<M> {
    void on(const slips::NewIp&) {}
    bool init() override { return true; }
};
struct Inherits : Common<Inherits> {
    static constexpr slips::ModuleInfo info{.name = "inherits"};
};
static_assert(std::is_same_v<slips::detail::HandledMessages<Inherits>, std::tuple<slips::NewIp>>);
static_assert(slips::detail::has_init<Inherits>);

struct Silent : slips::Module<Silent> {
    static constexpr slips::ModuleInfo info{.name = "silent-1"};
    bool init() override { return true; }
};
static_assert(std::is_same_v<slips::detail::HandledMessages<Silent>, std::tuple<>>);
static_assert(slips::detail::hooks_of<Silent>().second == 1);

struct Everything : slips::Module<Everything> {
    static constexpr slips::ModuleInfo info{.name = "Everything"};
    template <std::derived_from<slips::Message> M>
    void on(const M&) const {}
};
static_assert(std::tuple_size_v<slips::detail::HandledMessages<Everything>> >= 7);

int main(int argc, char** argv) {
    return slips::run<Beside>(argc, argv) + slips::run<PrivateBeside>(argc, argv) + slips::run<Inherits>(argc, argv) +
           slips::run<Silent>(argc, argv) + slips::run<Everything>(argc, argv);
}
