// The messages of Slips' channels: one struct for each channel, with the channel's name.
//
// Handlers take a message by const reference. A copy owns its payload and can be kept.
#pragma once

#include "slips/message/base.hpp"
#include "slips/message/evidence.hpp"
#include "slips/message/flows.hpp"
#include "slips/message/hosts.hpp"
