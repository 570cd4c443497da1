// What arrives on a channel: one struct a channel, each with the channel's name.
//
// A handler takes a message by const reference. Copies are always safe to keep: a copy owns its payload.
#pragma once

#include "slips/message/base.hpp"
#include "slips/message/evidence.hpp"
#include "slips/message/flows.hpp"
#include "slips/message/hosts.hpp"
