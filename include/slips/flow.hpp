// Flows as plain values, one struct a kind: what Slips knows of a connection, whichever sensor saw it.
//
// Text members are empty when Slips sent nothing, null or false; numbers are absent then. Names are Slips'
// own (slips_files/core/flows/*.py), without the underscore it appends where Python has a keyword, and in small
// letters. What only one generation or sensor tells is said; legacy tells the addresses of few kinds but in
// `profileid` of the message.
#pragma once

#include "slips/flow/application.hpp"
#include "slips/flow/conn.hpp"
#include "slips/flow/local.hpp"
