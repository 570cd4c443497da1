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

    void on(const slips::TwClosed& msg) { told_.erase({msg.profileid, msg.twid}); }

private:
    /// "www.example.org" is watched when "example.org" is.
    bool is_watched(std::string_view name) const {
        for (; !name.empty(); name.remove_prefix(std::min(name.find('.'), name.size() - 1) + 1))
            if (names_.contains(name)) return true;
        return false;
    }

    void look_at(const slips::Context& context, std::string name, const std::string& did, const std::string& server) {
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
        if (!is_watched(name)) return;
        if (told_.size() > 10'000) told_.clear();  // senders can be made up: rather tell twice than grow
        if (!told_[{context.profileid, context.twid}].insert(did + name).second) return;
        set_evidence(context, {
            .type = slips::EvidenceType::threat_intelligence_blacklisted_domain,
            .description = context.profile_ip() + " " + did + " " + slips::printable(name + what_slips_knows(name, server)),
            .attacker = context.profile_ip(),
            .victim = slips::Ioc{name, slips::Direction::dst, slips::IocType::domain},
            .threat_level = slips::ThreatLevel::medium,
            .confidence = 0.9,
            .category = "Anomaly.Traffic",
            .method = slips::Method::signature,
        });
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
    std::map<std::pair<std::string, std::string>, std::set<std::string>> told_{};  // by profile and time window
};

int main(int argc, char** argv) { return slips::run<DnsWatch>(argc, argv); }
