// Watches for names of a list, asked of the DNS or called by TLS, and tells what Slips knows of the servers behind them.
//
// To try it without Slips, from the folder of the SDK:
//
//   echo linkedin.com > names.txt
//   SLIPS_DNS_WATCH=names.txt build/bin/slipsdev play --output out
//       --flows tests/data/examples/network.current.jsonl -- build/bin/dns_watch
//
// the second one written as one line. 10.0.2.15 calls www.linkedin.com and others below the name in the list.
//
// To break it:
// - take the `catch` away and play with `--cache-port 1` behind dns_watch: no cache, no evidence, and the reason is told
// - take slips::printable() away: a name with a quotation mark in it is refused by Slips 0.9
// - take most_bytes away: who asks for ever new names, or sends with ever new addresses, fills the memory
#include <slips/slips.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

struct DnsWatch : slips::Module<DnsWatch> {
    static constexpr slips::ModuleInfo info{.name = "dns_watch", .description = "watches for names of a list"};

    bool init() override {
        std::ifstream list(std::getenv("SLIPS_DNS_WATCH") ? std::getenv("SLIPS_DNS_WATCH") : "");
        for (std::string name; std::getline(list, name);)
            if (!name.empty()) names_.insert(name);
        if (names_.empty()) print("nothing to watch: SLIPS_DNS_WATCH must name a file, one name a line", 1, 1);
        return !names_.empty();
    }

    void on(const slips::NewDns& msg) { look_at(msg, msg.flow.query, "asked for", {}); }

    void on(const slips::NewSsl& msg) { look_at(msg, msg.flow.server_name, "called", msg.flow.daddr); }

    void on(const slips::TwClosed& msg) {
        const auto window = windows_.find({msg.profileid, msg.twid});
        if (window == windows_.end()) return;
        bytes_ -= window->second.bytes;
        windows_.erase(window);
    }

    // Who asks makes up names, and perhaps addresses: what is remembered of them has an end.
    static constexpr std::size_t most_names = 1000;          // reported of a host in a time window
    static constexpr std::size_t most_bytes = 4 * 1024 * 1024;
    static constexpr std::size_t longest_name = 1024;        // the DNS has 255, of which Zeek makes four times as many
    std::size_t bytes() const { return bytes_; }

private:
    struct Window {
        std::set<std::string> names{};
        std::size_t bytes = 0;
    };

    /// "www.example.org" is watched when "example.org" is.
    bool is_watched(std::string_view name) const {
        for (; !name.empty(); name.remove_prefix(std::min(name.find('.'), name.size() - 1) + 1))
            if (names_.contains(name)) return true;
        return false;
    }

    void look_at(const slips::Context& context, std::string name, const std::string& did, const std::string& server) {
        if (name.size() > longest_name) name.erase(0, name.size() - longest_name);  // its end is what may be watched
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
        if (!is_watched(name) || !is_new(context, did + " " + name)) return;
        set_evidence(context, {
            .type = slips::EvidenceType::threat_intelligence_blacklisted_domain,
            .description = slips::printable(context.profile_ip() + " " + did + " " + name + what_slips_knows(name, server)),
            .attacker = context.profile_ip(),
            .victim = slips::Ioc{slips::printable(name), slips::Direction::dst, slips::IocType::domain},
            .threat_level = slips::ThreatLevel::medium,
            .confidence = 0.9,
            .category = "Anomaly.Traffic",
            .method = slips::Method::signature,
        });
    }

    /// Whether this is to be reported of the host in its time window. Counts what it remembers at what it takes in memory.
    bool is_new(const slips::Context& context, const std::string& what) {
        constexpr std::size_t of_name = 100, of_window = 400;
        if (bytes_ > most_bytes) {  // rather report something twice than grow
            print("forgets what it has reported: more than " + std::to_string(most_bytes) + " bytes of names and hosts", 1, 1);
            windows_.clear();
            bytes_ = 0;
        }
        const auto [place, is_first] = windows_.try_emplace({context.profileid, context.twid});
        Window& window = place->second;
        if (window.names.size() >= most_names || !window.names.insert(what).second) return false;
        if (window.names.size() == most_names)
            print(context.profile_ip() + " has " + std::to_string(most_names) + " names in " + context.twid +
                  "; no more of it are reported there", 1, 1);
        const std::size_t more = what.size() + of_name + (is_first ? of_window + context.profileid.size() + context.twid.size() : 0);
        window.bytes += more;
        bytes_ += more;
        return true;
    }

    std::string what_slips_knows(const std::string& name, const std::string& server) try {
        const auto [domain, host] = database().get(slips::query::domain(name), slips::query::ip(server));
        std::string known;
        for (const auto& ip : domain.ips) known += (known.empty() ? ", which is " : ", ") + ip;
        if (!host.as_org.empty()) known += ", in the network of " + host.as_org;
        if (!domain.threat_intelligence.empty()) known += ", listed by " + domain.threat_intelligence.source;
        return known;
    } catch (const slips::DatabaseError& error) {  // worth a line, not the evidence
        print(error.what(), 0, 1);
        return {};
    }

    std::set<std::string, std::less<>> names_{};
    std::map<std::pair<std::string, std::string>, Window> windows_{};  // by profile and time window
    std::size_t bytes_ = 0;                                              // of all of them
};

int main(int argc, char** argv) { return slips::run<DnsWatch>(argc, argv); }
