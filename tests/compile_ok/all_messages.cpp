// A handler for every message, each with fields that an author would read.
#include <slips/slips.hpp>

#include <string>

struct Everything : slips::Module<Everything> {
    static constexpr slips::ModuleInfo info{.name = "everything"};
    void on(const slips::NewFlow& msg) { print(msg.flow.saddr + msg.interpreted_state); }
    void on(const slips::NewDns& msg) { print(msg.flow.query); }
    void on(const slips::NewHttp& msg) { print(msg.flow.host + msg.flow.uri); }
    void on(const slips::NewUrl& msg) { print(msg.flow.uri); }
    void on(const slips::NewSsl& msg) { print(msg.flow.server_name); }
    void on(const slips::NewSsh& msg) { print(msg.flow.client); }
    void on(const slips::NewSmtp& msg) { print(msg.flow.last_reply); }
    void on(const slips::NewDownloadedFile& msg) { print(msg.flow.md5 + msg.type); }
    void on(const slips::NewLogin& msg) { print(msg.flow.user); }
    void on(const slips::NewDhcp& msg) { print(msg.flow.host_name); }
    void on(const slips::NewArp& msg) { print(msg.flow.operation); }
    void on(const slips::NewNotice& msg) { print(msg.flow.note); }
    void on(const slips::NewWeird& msg) { print(msg.flow.name); }
    void on(const slips::NewTunnel& msg) { print(msg.flow.tunnel_type); }
    void on(const slips::NewSoftware& msg) { print(msg.flow.software); }
    void on(const slips::NewService& msg) { print(msg.flow.proto); }
    void on(const slips::NewLetters& msg) { print(msg.new_symbol + msg.tupleid); }
    void on(const slips::NewIp& msg) { print(msg.ip); }
    void on(const slips::NewProfile& msg) { print(msg.ip); }
    void on(const slips::NewDomain& msg) { print(msg.domain); }
    void on(const slips::NewMac& msg) { print(msg.mac); }
    void on(const slips::TwClosed& msg) { print(msg.twid); }
    void on(const slips::TwModified& msg) { print(msg.twid); }
    void on(const slips::IpInfoChange& msg) { print(msg.ip); }
    void on(const slips::DnsInfoChange& msg) { print(msg.domain); }
    void on(const slips::NewBlocking& msg) { print(msg.ip + msg.twid); }
    void on(const slips::GiveThreatIntelligence& msg) { print(msg.to_lookup); }
    void on(const slips::P2pDataRequest& msg) { print(msg.to_lookup); }
    void on(const slips::EvidenceAdded& msg) { print(msg.description + msg.attacker.value); }
    void on(const slips::NewAlert& msg) {
        print(msg.last_evidence.description);
        set_evidence(msg, {.type = slips::EvidenceType::arp_scan, .description = "after an alert"});
    }
    void on(const slips::NewZeekFieldsLine& msg) { print(msg.file); }
    void on(const slips::FinishedModules& msg) { print(msg.module); }
    void on(const slips::ControlChannel& msg) {
        print(msg.text);
        publish("my_channel", msg.text);
        publish("my_channel", R"({"seen": true})");
    }
};

int main(int argc, char** argv) { return slips::run<Everything>(argc, argv); }
