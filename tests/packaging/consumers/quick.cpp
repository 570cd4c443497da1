// A module as far as installing needs one, compiled quickly: it describes itself, or waits for the end of its input.
#include <unistd.h>

int main(int argc, char**) {
    static const char description[] = "{\"name\": \"" SLIPS_MODULE_NAME "\", \"sdk\": \"0\"}\n";
    char byte = 0;
    if (argc > 1) return ::write(1, description, sizeof(description) - 1) < 0;
    return static_cast<int>(::read(0, &byte, 1));
}
