#include <slips/slips.hpp>

bool has_description(const slips::Evidence& evidence) { return !evidence.description.empty(); }
