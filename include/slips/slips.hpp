// slips-module-sdk: modules of Slips in C++. The only header that a module includes.
#pragma once

#include "slips/config.hpp"
#include "slips/database.hpp"
#include "slips/evidence.hpp"
#include "slips/flow.hpp"
#include "slips/gap.hpp"
#include "slips/generation.hpp"
#include "slips/ip.hpp"
#include "slips/log_level.hpp"
#include "slips/message.hpp"
#include "slips/metrics.hpp"
#include "slips/module.hpp"
#include "slips/per_window.hpp"
#include "slips/run.hpp"
#include "slips/setting.hpp"
#include "slips/text.hpp"
#include "slips/timestamp.hpp"
#include "slips/version.hpp"

#ifndef SLIPS_SDK_SEPARATE_COMPILATION
#include "slips/src.hpp"
#endif
