// The implementation of the SDK as one object file: what the target slips::runtime is built from.
#include <slips/src.hpp>
