// A program that uses slips::simdjson.
#include <slips/impl/wire/decode.hpp>

#ifndef SLIPS_SDK_SIMDJSON
#error "built without it"
#endif

int main() {
    slips::NewIp message;
    slips::wire::DecodeError error;
    const bool good = slips::wire::decode(R"({"text": "10.0.0.1", "version": "1.1.21"})", message, error);
    return good && message.ip == "10.0.0.1" ? 0 : 1;
}
