#include <slips/slips.hpp>

bool has_description(const slips::Evidence& evidence);

int main() { return has_description({}) ? 1 : 0; }
