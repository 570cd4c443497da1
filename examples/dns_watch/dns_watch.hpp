// Watches for names of a list in DNS queries and TLS handshakes, and reports what Slips knows of the servers behind them.
//
// The list is a file with one name per line. Slips' configuration names it:
//
//   dns_watch:
//     names_file: /etc/slips/names.txt
//
// (slips.conf of Slips before 1.1: a section [dns_watch] with names_file = ...). Without it, the environment variable
// SLIPS_DNS_WATCH may name the file.
//
// To try it without Slips, from the folder of the SDK (the second command is one line):
//
//   echo linkedin.com > names.txt
//   SLIPS_DNS_WATCH=names.txt build/bin/slipsdev play --output out
//       --flows tests/data/examples/network.current.jsonl -- build/bin/dns_watch
//
// 10.0.2.15 connects to www.linkedin.com and to other names below the one in the list.
//
// To break it:
// - remove the `catch` and end the command with `-- sh -c 'exec build/bin/dns_watch "$@" --cache-port 1' sh`: without the
//   cache there is no evidence, and the reason is printed
// - remove slips::printable(): evidence for Slips before 1.0.2 is refused if the name contains a quotation mark
// - remove most_bytes: a host that asks for ever new names, or forges ever new addresses, fills the memory
#pragma once

#include <slips/slips.hpp>

#include <cctype>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <string_view>

struct DnsWatch : slips::Module<DnsWatch> {
    static constexpr slips::Setting<std::string> names_file_setting{.name = "names_file",
                                                                    .description = "a file with one name per line"};
    static constexpr slips::ModuleInfo info{.name = "dns_watch",
                                            .description = "watches for names of a list",
                                            .version = "1.0.0",
                                            .settings = {names_file_setting}};

    // Hosts choose the names they ask for, and may forge addresses, so what is remembered of them is bounded.
    static constexpr std::size_t most_windows = 10'000;         // of all hosts
    static constexpr std::size_t most_names = 1000;             // reported of a host in a time window
    static constexpr std::size_t most_bytes = 4 * 1024 * 1024;  // of all that was reported
    static constexpr std::size_t longest_name = 1024;  // DNS allows 255 bytes, each of which Zeek may write as four

    bool init() override {
        std::ifstream file(names_file());
        std::string name;
        while (std::getline(file, name))
            if (!name.empty()) names_.insert(name);
        if (names_.empty()) {
            print("nothing to watch: set names_file in section dns_watch of Slips' configuration, or SLIPS_DNS_WATCH, "
                  "to a file with one name per line",
                  1, 1);
            return false;
        }
        gauge("names_known", static_cast<double>(names_.size()));
        return true;
    }

    void on(const slips::NewDns& msg) { check(msg, msg.flow.query, "asked for", {}); }

    void on(const slips::NewSsl& msg) { check(msg, msg.flow.server_name, "called", msg.flow.daddr); }

    std::size_t bytes() const { return bytes_; }

private:
    struct Window {
        std::set<std::string> reported{};
        std::size_t bytes = 0;
    };

    std::string names_file() {
        const std::string configured = setting(names_file_setting);
        if (!configured.empty()) return configured;
        const char* variable = std::getenv("SLIPS_DNS_WATCH");
        return variable ? variable : "";
    }

    void check(const slips::Context& context, std::string name, const std::string& action, const std::string& server) {
        if (name.size() > longest_name)
            name.erase(0, name.size() - longest_name);  // the end decides whether it is watched
        for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        count("names_checked");
        if (!is_watched(name)) return;
        if (!is_new(context, action + " " + name)) return;

        const std::string what = context.profile_ip() + " " + action + " " + name;
        set_evidence(context,
                     slips::Evidence{
                         .type = slips::EvidenceType::threat_intelligence_blacklisted_domain,
                         .description = slips::printable(what + known_of(name, server)),
                         .attacker = context.profile_ip(),
                         .victim = slips::Ioc{slips::printable(name), slips::Direction::dst, slips::IocType::domain},
                         .threat_level = slips::ThreatLevel::medium,
                         .confidence = 0.9,
                         .category = "Anomaly.Traffic",
                         .method = slips::Method::signature,
                     });
    }

    /// "www.example.org" is watched when "example.org" is.
    bool is_watched(std::string_view name) const {
        while (!name.empty()) {
            if (names_.contains(name)) return true;
            const std::size_t dot = name.find('.');
            if (dot == std::string_view::npos) return false;
            name.remove_prefix(dot + 1);
        }
        return false;
    }

    /// Returns true, once, for each `what` of a host in a time window.
    bool is_new(const slips::Context& context, const std::string& what) {
        if (bytes_ > most_bytes) forget_all();

        Window& window = windows_[context];
        if (window.reported.size() >= most_names) return false;
        const bool is_first = window.reported.insert(what).second;
        if (!is_first) return false;

        // About what the containers take in memory besides the text.
        constexpr std::size_t name_overhead = 100;
        constexpr std::size_t window_overhead = 400;
        std::size_t added = what.size() + name_overhead;
        if (window.bytes == 0) added += context.profileid.size() + context.twid.size() + window_overhead;
        window.bytes += added;
        bytes_ += added;

        if (window.reported.size() == most_names)
            print(context.profile_ip() + " has reached " + std::to_string(most_names) + " names in " + context.twid +
                      "; no more are reported there",
                  1, 1);
        return true;
    }

    /// A name may then be reported twice, which is better than memory that grows without bound.
    void forget_all() {
        print("forgets which names it has reported: they take more than " + std::to_string(most_bytes) + " bytes", 1,
              1);
        windows_.clear();
    }

    /// What Slips knows of the name and of the server it was called at, for the end of a description.
    std::string known_of(const std::string& name, const std::string& server) {
        try {
            const auto [domain, host] = database().get(slips::query::domain(name), slips::query::ip(server));
            std::string text;
            for (const std::string& ip : domain.ips) text += (text.empty() ? ", which is " : ", ") + ip;
            if (!host.as_org.empty()) text += ", in the network of " + host.as_org;
            if (!domain.threat_intelligence.empty()) text += ", listed by " + domain.threat_intelligence.source;
            return text;
        } catch (const slips::DatabaseError& error) {  // the evidence is set without it
            print(error.what(), 0, 1);
            return {};
        }
    }

    std::set<std::string, std::less<>> names_{};
    std::size_t bytes_ = 0;  // of all windows
    slips::PerWindow<Window> windows_{*this, most_windows,
                                      [this](const slips::WindowId&, Window& window) { bytes_ -= window.bytes; }};
};
