// Flows as plain values, one struct for each type of log, regardless of the sensor.
//
// If Slips sent no value, null or false, text members are empty and numbers are absent. Names are those of Slips
// (slips_files/core/flows/*.py) in lower case, without the underscore that it appends to Python keywords. Members that
// only one generation or sensor provides are marked. For most types, legacy sends the address only in `profileid` of the
// message.
#pragma once

#include "slips/flow/application.hpp"
#include "slips/flow/conn.hpp"
#include "slips/flow/local.hpp"
