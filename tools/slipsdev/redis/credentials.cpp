#include "slipsdev/redis/credentials.hpp"

#include <slips/impl/program/options.hpp>
#include <slips/impl/program/slips_folder.hpp>

#include <cstdlib>

#include "slipsdev/program/errors.hpp"

namespace slipsdev {

Credentials find_credentials(const std::string& file, const std::string& slips_dir) {
    Credentials found;
    if (const char* user = std::getenv("SLIPS_REDIS_USER")) found.user = user;
    if (!file.empty()) {
        found.source = file;
        if (!slips::detail::read_password(file, found.password))
            throw UsageError("--redis-password-file: '" + file + "' is not a file with a password in it");
        return found;
    }
    if (const char* password = std::getenv("SLIPS_REDIS_PASSWORD"); password != nullptr && *password != '\0') {
        found.source = "SLIPS_REDIS_PASSWORD";
        found.password = password;
        return found;
    }
    if (slips_dir.empty()) return found;
    const slips::SlipsFolder folder(slips_dir);
    if (const auto password = folder.password(found.problem)) {
        found.source = folder.password_file().string();
        found.password = *password;
        found.user.clear();  // Slips sets a password for the default user
    }
    return found;
}

}  // namespace slipsdev
