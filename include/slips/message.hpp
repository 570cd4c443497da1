// The messages of Slips' channels: one struct for each channel, with the channel's name.
//
// Handlers take a message by const reference. A copy owns its payload and can be kept.
#pragma once

#include <cstddef>
#include <string_view>

#include "slips/generation.hpp"
#include "slips/message/base.hpp"
#include "slips/message/evidence.hpp"
#include "slips/message/flows.hpp"
#include "slips/message/hosts.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// A list of types.
template <class... M>
struct Types {};

/// Every message type that an on() may take, except RawMessage. A new channel adds its message type here.
using Messages =
    Types<NewFlow, NewDns, NewHttp, NewUrl, NewSsl, NewSsh, NewSmtp, NewDownloadedFile, NewLogin, NewDhcp, NewArp,
          NewNotice, NewWeird, NewTunnel, NewSoftware, NewService, NewLetters, NewIp, NewProfile, NewDomain, NewMac,
          TwClosed, TwModified, IpInfoChange, DnsInfoChange, NewBlocking, GiveThreatIntelligence, P2pDataRequest,
          EvidenceAdded, NewAlert, NewZeekFieldsLine, FinishedModules, ControlChannel>;

template <class... M>
constexpr std::size_t messages_on(Types<M...>, std::string_view channel) {
    const auto is_on = [channel]<class One>(const One*) {
        return channel_of<One>(Generation::current) == channel || channel_of<One>(Generation::legacy) == channel;
    };
    return (std::size_t{0} + ... + (is_on(static_cast<const M*>(nullptr)) ? 1 : 0));
}

/// Returns whether the generations publish different messages on this channel: current Slips an object, legacy plain text.
constexpr bool is_ambiguous(std::string_view channel) { return messages_on(Messages(), channel) > 1; }

}  // namespace slips::inline SLIPS_SDK_ABI::detail
