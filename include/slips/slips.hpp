// slips-module-sdk: write modules of Slips in C++. The only include an author needs.
#pragma once

#include "slips/config.hpp"
#include "slips/evidence.hpp"
#include "slips/flow.hpp"
#include "slips/generation.hpp"
#include "slips/ip.hpp"
#include "slips/message.hpp"
#include "slips/module.hpp"
#include "slips/run.hpp"
#include "slips/timestamp.hpp"
#include "slips/version.hpp"
