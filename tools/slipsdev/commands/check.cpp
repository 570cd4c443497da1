#include "slipsdev/commands/check.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <slips/config.hpp>
#include <slips/impl/program/privileges.hpp>
#include <slips/impl/program/slips_conf.hpp>
#include <slips/impl/program/slips_folder.hpp>
#include <slips/impl/session/slips_info.hpp>
#include <slips/share.hpp>
#include <slips/version.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>

#include "slipsdev/commands/options.hpp"
#include "slipsdev/host/slips_config.hpp"
#include "slipsdev/judge/evidence_rules.hpp"
#include "slipsdev/module/elf.hpp"
#include "slipsdev/module/module_process.hpp"
#include "slipsdev/module/module_rules.hpp"
#include "slipsdev/processes/programs.hpp"
#include "slipsdev/program/embedded_files.hpp"
#include "slipsdev/program/errors.hpp"
#include "slipsdev/recordings/message_report.hpp"
#include "slipsdev/redis/bus.hpp"
#include "slipsdev/redis/client.hpp"
#include "slipsdev/redis/credentials.hpp"
#include "slipsdev/releases/detection.hpp"
#include "slipsdev/text/python_json.hpp"

namespace slipsdev {

const char* const check_help =
    R"(usage: slipsdev check [options] [--] [PROGRAM [ARGUMENT...]]

Checks whether the module PROGRAM works with Slips, and names the remedy for each problem.

  --slips-dir DIR              Slips' own folder: shows the generation, the port, the password and installed modules
  --redis-port PORT            Slips' main Redis (as in --slips-dir, else 6379)
  --cache-port PORT            Slips' cache (6379)
  --slips-version VERSION      the version of Slips, if neither the folder nor Redis shows it
  --generation current|legacy  the same, without a version
  --redis-password-file FILE   holds Redis' password; else SLIPS_REDIS_PASSWORD, else the one in --slips-dir
  --python PYTHON              the Python that runs Slips (python3): with --slips-dir it imports the installed module
                               as Slips would; nothing is written. Root does so only if nobody else can write there

Each line begins with "ok", with "--" for a limitation of this release of Slips, with "??" for a possible problem, or
with "!!" for a problem.

exit status: 0 no problem; 1 a problem; 2 wrong usage; 3 PROGRAM cannot be started or described
)";

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds answer_limit{2};
constexpr std::chrono::seconds python_limit{30};

/// Returns the contents of a file in Slips' folder; "" if it is not a file, or larger than any of Slips' own.
std::string contents(const fs::path& path) {
    std::string ignored;
    return slips::detail::read_small_file(path, ignored).value_or(std::string());
}

/// Returns whether both are files with the same contents.
bool same_files(const fs::path& a, const fs::path& b) {
    std::error_code error;
    if (!fs::is_regular_file(a, error) || !fs::is_regular_file(b, error)) return false;
    if (fs::file_size(a, error) != fs::file_size(b, error) || error) return false;
    std::ifstream left(a, std::ios::binary), right(b, std::ios::binary);
    std::array<char, 65536> ours{}, theirs{};
    do {
        left.read(ours.data(), ours.size());
        right.read(theirs.data(), theirs.size());
        if (left.gcount() != right.gcount() || !std::equal(ours.begin(), ours.begin() + left.gcount(), theirs.begin()))
            return false;
    } while (left && right);
    return left.eof() && right.eof();
}

/// Returns whether the text can be a version. Nothing else is printed: VERSION may be a link to a private file.
bool is_version(std::string_view text) {
    constexpr std::string_view allowed = "0123456789.-+_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return !text.empty() && text.size() <= 32 && text[0] >= '0' && text[0] <= '9' &&
           text.find_first_not_of(allowed) == std::string_view::npos;
}

/// Reports who besides root may write there, following links; nullopt if nobody.
std::optional<std::string> writer_of(const fs::path& path) {
    struct stat found {};
    const std::string whose = path.string() + " belongs to user ";
    if (::lstat(path.c_str(), &found) == 0 && found.st_uid != 0) return whose + std::to_string(found.st_uid);
    if (::stat(path.c_str(), &found) != 0) return std::nullopt;
    if (found.st_uid != 0) return whose + std::to_string(found.st_uid);
    // In a folder such as /tmp, others cannot replace files of root.
    const bool is_shared = S_ISDIR(found.st_mode) && (found.st_mode & S_ISVTX) != 0;
    const bool by_group = (found.st_mode & S_IWGRP) != 0 && found.st_gid != 0;
    if ((by_group || (found.st_mode & S_IWOTH) != 0) && !is_shared)
        return path.string() + " can be written by others than root";
    return std::nullopt;
}

/// Reports who besides root could change the Python code that runs when Slips' files are imported; nullopt if nobody.
std::optional<std::string> other_writer(const fs::path& slips_dir) {
    std::error_code error;
    const fs::path folder = fs::canonical(slips_dir, error);
    for (fs::path above = folder; !error; above = above.parent_path()) {
        if (auto writer = writer_of(above)) return writer;
        if (above == above.root_path()) break;
    }
    for (const auto& entry : fs::directory_iterator(folder, error))
        if (auto writer = writer_of(entry.path())) return writer;
    for (const char* package : {"slips_files", "modules"})
        for (const auto& entry : fs::recursive_directory_iterator(folder / package, error))
            if (auto writer = writer_of(entry.path())) return writer;
    return std::nullopt;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

/// Returns what a folder lacks of Slips'. The rule of install_into_slips.py.
std::vector<std::string> missing_in(const fs::path& folder) {
    std::error_code ignored;
    std::vector<std::string> missing;
    if (!fs::is_regular_file(folder / "slips.py", ignored)) missing.emplace_back("slips.py");
    for (const char* name : {"modules", "slips_files"})
        if (!fs::is_directory(folder / name, ignored)) missing.push_back(std::string(name) + "/");
    return missing;
}

/// Takes the number of processes, which an installation with COPIES adds, out of a description, and returns it; nullopt if the
/// launcher would not accept it. The program's own description has none.
std::optional<int> take_copies(std::optional<Json>& description) {
    const Json* copies = description ? find_member(*description, "copies") : nullptr;
    if (copies == nullptr) return 1;
    const auto count = copies->is_number_integer() ? copies->get<long long>() : 0;
    description->erase("copies");
    if (count < 1 || count > slips::Share::most) return std::nullopt;
    return static_cast<int>(count);
}

/// Returns Slips' configuration as modules read it. Throws UsageError for a form that slipsdev does not read.
std::optional<slips::Config> config_of(const std::string& text, const std::string& file) {
    std::string problem;
    const auto json = file.ends_with(".conf") ? slips::detail::slips_conf_to_json(text, problem)
                                              : to_python_json(read_yaml_sections(text, file));
    auto config = json ? slips::Config::parse(*json, problem, file) : std::nullopt;
    if (!config) throw UsageError(file + ": " + problem);
    return config;
}

/// Returns what is wrong with a value of the configuration: "not a whole number from 1 to 9"; "" if nothing is.
std::string value_fault(const slips::Config& config, const std::string& section, const Json& setting) {
    const std::string name = text_member(setting, "name"), type = text_member(setting, "type");
    const auto limit = [&setting](const char* key) {
        const Json* number = find_member(setting, key);
        return number != nullptr && number->is_number() ? std::optional(*number) : std::nullopt;
    };
    const auto least = limit("min"), greatest = limit("max");
    std::optional<double> number;
    bool is_valid = true;
    if (type == "bool") is_valid = config.try_get<bool>(section, name).has_value();
    else if (type == "text") is_valid = config.try_get<std::string>(section, name).has_value();
    else if (type == "integer" || type == "number") {
        number = config.try_get<double>(section, name);
        is_valid = number && (type == "number" || *number == std::floor(*number)) &&
                   (!least || *number >= least->get<double>()) && (!greatest || *number <= greatest->get<double>());
    }
    if (is_valid) return "";
    std::string expected = type == "bool" ? "yes or no" : type == "integer" ? "a whole number" : "a " + type;
    if (least && greatest) expected += " from " + to_python_json(*least) + " to " + to_python_json(*greatest);
    else if (least) expected += ", " + to_python_json(*least) + " or more";
    else if (greatest) expected += ", " + to_python_json(*greatest) + " or less";
    return "not " + expected;
}

/// Returns one line for each wrong value and each unknown key in the section of a module that declares settings.
std::vector<std::string> setting_faults(const slips::Config& config, const ModuleDescription& module) {
    std::vector<std::string> faults, names;
    for (const Json& setting : module.settings) {
        names.push_back(text_member(setting, "name"));
        if (!config.has(module.name, names.back())) continue;
        const std::string fault = value_fault(config, module.name, setting);
        if (!fault.empty()) faults.push_back(config.where(module.name, names.back()) + ", " + fault);
    }
    for (const std::string& key : config.keys(module.name))
        if (std::find(names.begin(), names.end(), key) == names.end() && !config.has("DEFAULT", key))
            faults.push_back(config.where(module.name, key) + ", but the module has no such setting; it has " +
                             joined(names));
    return faults;
}

/// Returns the version in the description of a module; "" if it has none that can be printed.
std::string module_version_in(const std::string& description) {
    std::string why;
    const auto json = parse_json(description, why);
    const std::string version = json && json->is_object() ? text_member(*json, "version") : std::string();
    return is_version(version) ? version : std::string();
}

class Checks {
public:
    Checks(const CheckOptions& options, Terminal& terminal)
        : options_(options), terminal_(terminal), generation_(options.generation),
          credentials_(find_credentials(options.password_file, options.slips_dir)) {}

    int run() {
        if (!options_.slips_version.empty()) learn({options_.slips_version, "--slips-version"});
        if (!options_.slips_dir.empty()) check_folder();
        check_redis();
        check_version();
        check_cache();
        if (!options_.program.empty()) {
            check_libraries();
            program_ = describe_module(options_.program, std::chrono::seconds(10), cleanup_, terminal_);
            check_module();
        }
        if (!options_.slips_dir.empty() && is_folder_ && generation_ == Generation::current && has_structures())
            check_slips_files();
        return wrong_ == 0 ? exit_ok : exit_fault;
    }

private:
    void ok(const std::string& line) { terminal_.result("ok  " + line); }
    void doubtful(const std::string& line) { terminal_.result("??  " + line); }
    void wrong(const std::string& line) {
        ++wrong_;
        terminal_.result("!!  " + line);
    }

    /// Adopts a version. Bounds do not replace one.
    void learn(const Detected& found) {
        if (found.version.empty() && !slips_version_.empty()) return;
        how_ = found.how;
        if (found.version.empty()) return;
        slips_version_ = found.version;
        release_ = release_named(found.version);
        if (release_) generation_ = release_->evidence.is_typed() ? Generation::current : Generation::legacy;
    }

    /// Returns whether the classes of evidence are where this SDK's launcher and check look for them.
    bool has_structures() const { return !release_ || !release_->is_before({1, 1, 2}); }

    /// Returns "current Slips", "legacy Slips" or, of a release that is neither, "Slips 1.1.12".
    std::string slips_name() const {
        const bool in_between = release_ && release_->version > Version{0, 9, 1} && !release_->evidence.stamp;
        return in_between ? "Slips " + slips_version_ : std::string(name_of(*generation_)) + " Slips";
    }
    std::string slips_name_and_version() const {
        const std::string name = slips_name();
        return name + (slips_version_.empty() || name.ends_with(slips_version_) ? "" : " " + slips_version_);
    }

    /// Reports the version, what shows it, and what is limited in this release.
    void check_version() {
        if (!generation_) return;
        if (!release_)
            return doubtful(
                "the version of Slips is not known" + (how_.empty() ? std::string() : "; it is " + how_) +
                "; Slips stores it after it has started its modules, and not before 0.9.5; give --slips-dir or "
                "--slips-version");
        ok("the version is " + slips_version_ + ", according to " + how_);
        if (slips::newer_version(slips_version_, slips::tested_slips_version))
            doubtful("Slips " + slips_version_ + " is newer than " + std::string(slips::tested_slips_version) +
                     ", the newest that the SDK was tested with");
        for (const std::string& sentence : limitations_of(*release_))
            terminal_.result("--  Slips " + slips_version_ + ": " + sentence);
    }

    void check_folder() {
        const slips::SlipsFolder folder{fs::path(options_.slips_dir)};
        const auto generation = folder.generation();
        if (!generation) {
            wrong(options_.slips_dir +
                  " is not Slips' folder: it contains neither VERSION nor slips.py; give the folder that "
                  "slips.py is in");
            return;
        }
        const auto missing = missing_in(options_.slips_dir);
        if (!missing.empty())
            wrong(options_.slips_dir + " is not Slips' folder (no " + joined(missing) +
                  "): no module can be installed there; give the folder that slips.py is in");
        const auto version = version_in_folder(options_.slips_dir);
        const auto release = version ? release_named(version->version) : std::nullopt;
        const bool is_current = release ? release->evidence.is_typed() : *generation == slips::Generation::current;
        const Generation found = is_current ? Generation::current : Generation::legacy;
        if (generation_ && *generation_ != found)
            wrong(options_.slips_dir + " is " + std::string(name_of(found)) + " Slips, but --generation is " +
                  std::string(name_of(*generation_)) + "; omit the option");
        generation_ = found;
        is_folder_ = true;
        if (!folder.version().empty() && !is_version(folder.version()))
            wrong(options_.slips_dir + "/VERSION does not hold a version such as 1.1.21; is this Slips' own folder?");
        else if (version && options_.slips_version.empty()) learn(*version);
        if (missing.empty()) ok(options_.slips_dir + " is " + slips_name_and_version());
        const FolderForm form = release_.value_or(release_of(*generation_)).folder;
        disabled_ = disabled_modules_in(contents(fs::path(options_.slips_dir) / form.config),
                                        form.config.ends_with(".yaml") ? Generation::current : Generation::legacy);
        if (generation_ == Generation::current && (!release_ || release_->evidence.stamp)) check_password(folder);
        if (options_.redis_port) return;
        const auto life_of = [this](const slips::SlipsRun& run) { return life_at(endpoint(run.port)); };
        std::string problem;
        bool ambiguous = false;
        if (const auto run = folder.choose_run(life_of, problem, ambiguous)) port_ = run->port;
        else wrong(problem);
        looked_for_run_ = true;
    }

    Endpoint endpoint(int port) const {
        return {port, {}, credentials_.user, credentials_.password, credentials_.source, credentials_.problem};
    }

    void check_password(const slips::SlipsFolder& folder) {
        const std::string file = folder.password_file().string();
        std::string problem;
        const auto password = folder.password(problem);
        if (!problem.empty())
            wrong(problem +
                  "; run modules and slipsdev as the user that Slips runs as, or give that file to this user (chown)");
        else if (password && password->empty())
            wrong(file + " holds no password; remove it, and Slips creates it again");
        else if (password) ok("Redis' password is in " + file + ", which this user can read");
        else ok("Slips has no password for its Redis (" + file + " does not exist)");
    }

    void check_redis() {
        if (looked_for_run_ && port_ == 0) return;  // reported already
        if (port_ == 0) port_ = options_.redis_port.value_or(6379);
        const std::string where = "127.0.0.1:" + std::to_string(port_);
        try {
            redis_ = std::make_unique<RedisClient>(endpoint(port_), 0, answer_limit, answer_limit);
        } catch (const AccessError& error) {
            wrong("Redis at " + where + " " + access_advice(endpoint(port_), error));
            return;
        } catch (const RedisError& error) {
            wrong(connection_advice(where, error));
            return;
        }
        try {
            redis_->command({"PING"});
            ok("Redis answers at " + where);
            check_slips(where);
        } catch (const AccessError& error) {
            wrong("Redis at " + where + " " + access_advice(endpoint(port_), error));
        } catch (const RedisError& error) {
            if (error.is_refusal) return wrong(connection_advice(where, error));
            wrong("Redis at " + where + " does not answer as Slips' own does (" + error.what() +
                  "); does another program use this port, or speak TLS, which slipsdev does not?");
        }
    }

    void check_slips(const std::string& where) {
        if (redis_->command({"EXISTS", "analysis"}).integer == 1) {
            if (const auto found = version_in_redis(*redis_)) compare_with(*found, where);
            const Reply disabled = redis_->command({"HGET", "analysis", "disabled_modules"});
            std::string why;
            if (const auto list = parse_json(disabled.text, why); list && list->is_array()) {
                disabled_.clear();
                for (const Json& entry : *list)
                    if (entry.is_string()) disabled_.push_back(entry.get<std::string>());
                disabled_is_known_ = true;
            }
        }
        if (!generation_) {
            doubtful("Redis does not show which generation of Slips this is; give --slips-dir or --generation");
        } else {
            ok("it is " + slips_name_and_version());
        }
        const Reply listeners = redis_->command({"PUBSUB", "NUMSUB", "evidence_added"});
        if (listeners.items.size() == 2 && listeners.items[1].integer == 0)
            wrong("nobody subscribes to evidence_added at " + where +
                  ": Slips has ended, has not started yet, or uses "
                  "another port; see the output of ./slips.py at its start");
    }

    /// Adopts what the database shows: a module that is started by hand trusts it more than its options, too.
    void compare_with(const Detected& found, const std::string& where) {
        const auto expected = generation_;
        const auto release = release_;
        const std::string version = slips_version_;
        learn(found);
        if (!generation_) generation_ = found.since < Version{1, 0, 11} ? Generation::legacy : Generation::current;
        const bool is_option = !options_.slips_version.empty();
        const std::string remedy = std::string("; check ") + (is_option ? "--slips-version" : "--slips-dir");
        if (!is_option && expected == Generation::legacy && generation_ == Generation::current)
            return wrong("Slips at " + where + " is current, but legacy was expected" + remedy + " and --generation");
        const bool is_other = found.version.empty()
                                  ? release && !(found.since <= release->version && release->version <= found.last)
                                  : !version.empty() && version != slips_version_;
        if (is_other)
            doubtful("Slips at " + where + " is " + (found.version.empty() ? found.how : slips_version_) + ", but " +
                     version + " was expected" + remedy + ", or start Slips again after an update");
    }

    void check_cache() {
        const std::string where = "127.0.0.1:" + std::to_string(options_.cache_port);
        try {
            RedisClient cache(endpoint(options_.cache_port), 1, answer_limit, answer_limit);
            cache.command({"PING"});
            ok("the cache answers at " + where + ", database 1");
        } catch (const AccessError& error) {
            wrong("the cache at " + where + " " + access_advice(endpoint(options_.cache_port), error));
        } catch (const RedisError& error) {
            if (error.is_refusal) return wrong("the cache at " + where + " refuses slipsdev: " + error.what());
            wrong("the cache does not answer at " + where + ", database 1 (" + error.what() +
                  "): evidence lacks the facts that Slips has about its addresses; Slips starts the cache, or give "
                  "--cache-port");
        }
    }

    /// Reports the versions of the C and C++ libraries that the program needs, and this machine's. Reports nothing about a
    /// program that is no ELF file, such as a script, or is for another machine, whose libraries are not here.
    void check_libraries() {
        const std::string& name = options_.program.front();
        const auto found = name.find('/') == std::string::npos ? find_program(name) : name;
        const auto program = found && foreign_program(*found).empty() ? read_elf(*found) : std::nullopt;
        if (!program) return;
        if (program->is_static)
            return ok(name + " is linked statically: it runs with any version of this machine's libraries");
        struct Library {
            const char* family;
            const char* file;
        };
        for (const Library& library : {Library{"GLIBC", "libc.so.6"}, Library{"GLIBCXX", "libstdc++.so.6"}}) {
            const std::string family = library.family;
            const std::string needed = newest_version(program->needed_versions, family);
            if (needed.empty()) continue;
            const auto host = library_for(*program, library.file);
            const std::string here = host ? newest_version(host->provided_versions, family) : "";
            const std::string needs = name + " needs " + family + " " + needed;
            if (here.empty()) ok(needs + "; this machine's " + library.file + " was not found");
            else if (slips::newer_version(needed, here))
                wrong(needs + ", but this machine has " + here +
                      ": build it on this system, in Slips' image if Slips runs there, or statically "
                      "(-DSLIPS_STATIC_MODULE=ON)");
            else ok(needs + "; this machine has " + here);
        }
    }

    void check_module() {
        ok(options_.program.front() + " is the module " + program_.name +
           (program_.version.empty() ? "" : " " + program_.version) + ", built with slips-module-sdk " + program_.sdk);
        check_name();
        if (generation_) check_channels();
        if (generation_) check_types();
        check_privileges();
        if (is_folder_ && !program_.settings.empty()) check_settings();
        if (!options_.slips_dir.empty()) check_installation();
    }

    std::string folder_name() const { return fs::path(options_.program.front()).filename().string(); }

    void check_name() {
        const std::string name = folder_name();
        if (!is_importable(name)) {
            wrong("a module's program cannot be named \"" + name +
                  "\": Slips cannot import a file of that name; use letters, "
                  "digits, _ and -");
            return;
        }
        // From 1.0.6 on, Slips compares names without case and separators.
        const bool is_exact = release_ ? release_->is_before({1, 0, 6}) : generation_ == Generation::legacy;
        const Generation generation = is_exact ? Generation::legacy : Generation::current;
        if (const auto entry = entry_that_skips(name, program_.name, generation, disabled_)) {
            wrong("Slips skips modules/" + name + ": its name contains \"" + *entry +
                  "\", which is disabled; rename the program, or change modules.disable in Slips' configuration");
            return;
        }
        const auto off = disabled_is_known_
                             ? std::nullopt
                             : entry_that_skips(name, program_.name, generation, modules_off_by_default(generation));
        if (off) {
            wrong("Slips skips modules/" + name + " while its own module " + *off +
                  ", whose name it contains, is off, as it is by default; rename the program");
        } else if (!options_.slips_dir.empty() || disabled_is_known_) {
            ok("Slips does not skip the name " + name);
        } else {
            doubtful("Slips' configuration decides whether it skips the name " + name + "; give --slips-dir");
        }
    }

    void check_channels() {
        std::vector<std::string> unknown;
        std::vector<std::string> known;
        for (const std::string& channel : program_.channels) {
            if (has_channel(channel)) {
                known.push_back(channel);
                continue;
            }
            // A message with a name in each generation is received in both.
            const auto name = name_in(*generation_, channel);
            if (!name || *name == channel || !is_supported_channel(*name, *generation_)) unknown.push_back(channel);
        }
        const std::string slips = slips_name();
        if (!unknown.empty()) {
            wrong(slips + " has no channel " + joined(unknown) +
                  ": no messages will arrive; "
                  "docs/reference.md lists the channels");
        } else if (program_.channels.empty()) {
            doubtful("the module subscribes to no channel, unless it calls subscribe()");
        } else {
            ok("the channels " + joined(known) + " exist in " + slips);
        }
    }

    /// Returns whether Slips has the channel. Of a release between the two whose lists are known, either counts.
    bool has_channel(const std::string& channel) const {
        const bool in_between = release_ && release_->version > Version{0, 9, 1} && !release_->evidence.stamp;
        return is_supported_channel(channel, *generation_) ||
               (in_between && (is_supported_channel(channel, Generation::current) ||
                               is_supported_channel(channel, Generation::legacy)));
    }

    void check_types() {
        const Release release = release_.value_or(release_of(*generation_));
        if (!release.evidence.is_typed()) {
            ok(slips_name() + " accepts evidence of any type");
            return;
        }
        std::vector<std::string> own;
        for (const auto& type : program_.evidence_types)
            if (!is_known_evidence_type(release, type.current)) own.push_back(type.current);
        if (own.empty()) {
            ok("the module declares no evidence types of its own");
        } else {
            ok("the types " + joined(own) +
               " are registered with Slips once the module is installed; a module started by "
               "hand sends .unless_registered instead, or its evidence is refused");
        }
    }

    void check_privileges() {
        const slips::PrivilegePlan plan =
            slips::plan_privileges(slips::current_privilege_facts({}, program_.needs_root));
        using Action = slips::PrivilegePlan::Action;
        switch (plan.action) {
            case Action::refuse: return wrong("the module will not start: " + plan.sentence);
            case Action::warn: return doubtful("the module stays root: " + plan.sentence);
            case Action::drop_to_ids:
            case Action::drop_to_user: return ok("started as now, the module becomes user " + std::to_string(plan.uid));
            case Action::nothing: break;
        }
        if (program_.needs_root && ::geteuid() != 0) wrong("the module needs root privileges; start Slips with sudo");
        else
            ok(program_.needs_root ? "the module keeps root privileges, which it needs"
                                   : "the module has no root privileges to drop");
    }

    /// Reports what is wrong with the module's section in Slips' own configuration. One that is given to Slips with -c is not
    /// known here.
    void check_settings() {
        const FolderForm form = release_.value_or(release_of(*generation_)).folder;
        const std::string file = (fs::path(options_.slips_dir) / form.config).string();
        const std::string text = contents(file);
        if (text.empty()) return;
        try {
            const auto config = config_of(text, file);
            const auto faults = setting_faults(*config, program_);
            for (const std::string& fault : faults) wrong(fault);
            if (faults.empty()) ok("the settings of " + program_.name + " in " + file + " are valid");
        } catch (const UsageError& error) {
            doubtful("the module's settings were not checked: " + std::string(error.what()));
        }
    }

    void check_installation() {
        const fs::path folder = fs::path(options_.slips_dir) / "modules" / folder_name();
        const std::string name = folder_name();
        const std::string again =
            "install it: cmake --install BUILD --component slips-module --prefix " + options_.slips_dir;
        std::error_code ignored;
        registers_ = contents(folder / "__init__.py") == embedded_file("launcher/slips_package.py");
        if (!fs::exists(folder / (name + ".py"), ignored)) {
            wrong("it is not installed in " + folder.string() + ": Slips will not start it; " + again);
            return;
        }
        if (!fs::exists(folder / "__init__.py", ignored))
            wrong(folder.string() + " has no __init__.py: Slips will ignore it; " + again);
        if (::access((folder / name).c_str(), X_OK) != 0) {
            wrong((folder / name).string() +
                  " is missing or not executable: the launcher that Slips starts cannot start it; " + again);
            return;
        }
        const std::string described = contents(folder / (name + ".json"));
        const std::string installed = module_version_in(described);
        std::string why;
        auto description = parse_json(described, why);
        const auto copies = take_copies(description);
        if (is_older_version(installed, program_.version))
            wrong("the module in " + folder.string() + " is version " + installed + ", older than " + program_.version +
                  " of " + options_.program.front() + "; " + again);
        else if (!same_files(folder / name, path_of(options_.program.front())))
            wrong("the program in " + folder.string() + " differs from " + options_.program.front() + "; " + again);
        else if (!description || description != parse_json(program_.text, why))
            wrong(folder.string() + "/" + name +
                  ".json, which Slips reads, differs from the program's own description; " + again);
        else if (!registers_)
            wrong((folder / "__init__.py").string() +
                  " is of another version than this slipsdev, as older SDKs install it: if Slips "
                  "imports modules in separate processes, its evidence handler may not know the module's types, and "
                  "Slips may "
                  "not start the module; " +
                  again);
        else if (contents(folder / (name + ".py")) != embedded_file("launcher/slips_module.py"))
            wrong("the launcher in " + folder.string() + " is of another version than this slipsdev; " + again);
        else ok("it is installed in " + folder.string() + "; program, description and launcher match");
        if (!copies)
            wrong(folder.string() + "/" + name + ".json: \"copies\" is not a number from 1 to " +
                  std::to_string(slips::Share::most) +
                  ", so the module runs as one process; correct the number there, or " + again);
        else if (*copies > 1) ok("it runs as " + std::to_string(*copies) + " processes, which share the profiles");
    }

    /// Checks Slips' own files, and how they treat the module.
    void check_slips_files() {
        check_loader();
        const auto writer = ::geteuid() == 0 ? other_writer(options_.slips_dir) : std::nullopt;
        if (writer)
            return doubtful(
                "how Slips treats the installed module is not known: root runs no Python code that others can change, "
                "and " +
                *writer + "; run slipsdev check as the user who owns Slips' folder");
        const std::string name = registers_ ? folder_name() : std::string();
        std::string types;
        for (const auto& type : program_.evidence_types) types += (types.empty() ? "" : ",") + type.current;
        std::optional<Captured> captured;
        std::string failure;
        try {
            captured = run_captured({"sh", "-c", R"(cd "$1" && shift && exec "$@")", "sh",
                                     fs::absolute(options_.slips_dir).string(), path_of(options_.python).string(), "-c",
                                     std::string(embedded_file("look_into_slips.py")), name,
                                     registers_ ? program_.name + "," + name : std::string(), types},
                                    python_limit, cleanup_, {"PYTHONDONTWRITEBYTECODE=1"});
            if (!captured->ending) failure = "no answer within " + std::to_string(python_limit.count()) + " seconds";
            else if (!captured->ending->good()) failure = captured->ending->text() + last_line(captured->err);
        } catch (const EnvironmentError& error) {
            failure = error.what();
        }
        std::string why;
        const auto report = captured ? parse_json(captured->out, why) : std::nullopt;
        if (failure.empty() && (!report || !report->is_object())) failure = "no answer" + last_line(captured->err);
        if (!failure.empty())
            doubtful("how Slips treats the installed module is not known: " + options_.python + ": " + failure +
                     "; give the Python that runs Slips with --python");
        else check_report(*report, name);
    }

    static std::string last_line(const std::string& text) {
        const std::size_t end = text.find_last_not_of("\n");
        if (end == std::string::npos) return "";
        const std::size_t begin = text.rfind('\n', end);
        return ": " + text.substr(begin == std::string::npos ? 0 : begin + 1,
                                  end - (begin == std::string::npos ? 0 : begin + 1) + 1);
    }

    /// Reports which process imports modules, and the consequences.
    void check_loader() {
        const std::string file = "managers/process_manager.py";
        switch (loader_in(contents(fs::path(options_.slips_dir) / file))) {
            case Loader::main:
                return ok("Slips imports modules in its main process: everything that __init__.py and the launcher "
                          "register is "
                          "known to all of Slips");
            case Loader::child:
                return ok(
                    "Slips imports each module in a process of its own: its evidence handler knows only the types that "
                    "__init__.py registers; a module of an SDK that registered in the launcher must be installed "
                    "again");
            case Loader::unknown:
                return doubtful(
                    file + " does not show whether Slips imports modules in its main process or in others; a module "
                           "that this SDK installs works either way");
        }
    }

    void check_report(const Json& report, const std::string& name) {
        const std::string again =
            "install it again: cmake --install BUILD --component slips-module --prefix " + options_.slips_dir;
        if (const std::string library = text_member(report, "missing"); !library.empty())
            return doubtful(options_.python + " cannot import Slips' files: the library " + library +
                            " is missing; give the "
                            "Python that runs Slips with --python");
        if (const std::string error = text_member(report, "error"); !error.empty())
            return doubtful(options_.python + " cannot import Slips' files: " + error +
                            "; give the Python that runs Slips with "
                            "--python");
        const std::string fields = joined(texts_in(report, "needed_fields"));
        if (fields.empty()) ok("Slips' evidence requires no field that this SDK does not know");
        else
            wrong("Slips' evidence requires " + fields +
                  ", which this SDK does not know: modules will send no evidence; build "
                  "them with a newer SDK");
        const bool is_closed = find_member(report, "unlisted_names") != nullptr;
        const std::string list = "modules/supported_module_names.py";
        if (name.empty()) {
            if (is_closed)
                ok("Slips starts only modules whose names are in " + list + "; __init__.py adds the module's");
            return;
        }
        if (const std::string problem = text_member(report, "problem"); !problem.empty())
            return wrong("modules/" + name + "/__init__.py cannot register the module with Slips: " + problem +
                         "; the module "
                         "sends no evidence of its own types, and Slips may not start it; use a newer SDK");
        const std::string unknown = joined(texts_in(report, "unknown_types"));
        if (unknown.empty())
            ok("modules/" + name + "/__init__.py registers the module with Slips, which knows all its evidence types");
        else
            wrong("Slips does not know " + unknown + ", although modules/" + name +
                  "/__init__.py has registered it: evidence of that "
                  "type would end its evidence handler; " +
                  again);
        const std::string unlisted = joined(texts_in(report, "unlisted_names"));
        if (!unlisted.empty())
            wrong("Slips will not start the module: " + list + " does not list " + unlisted + "; " + again);
        else if (is_closed) ok("the module's name is in " + list + ", so Slips starts it");
        else ok("Slips has no closed list of module names");
    }

    static std::vector<std::string> texts_in(const Json& report, std::string_view key) {
        std::vector<std::string> texts;
        if (const Json* list = find_member(report, key); list != nullptr && list->is_array())
            for (const Json& text : *list)
                if (text.is_string()) texts.push_back(text.get<std::string>());
        return texts;
    }

    const CheckOptions& options_;
    Terminal& terminal_;
    Cleanup cleanup_{};
    std::optional<Generation> generation_;
    const Credentials credentials_;
    bool is_folder_ = false;  ///< --slips-dir is Slips' folder
    bool registers_ = false;  ///< this SDK's __init__.py is installed there
    std::string slips_version_;
    std::optional<Release> release_;  ///< of slips_version_
    std::string how_;                 ///< what shows the version
    std::vector<std::string> disabled_;
    bool disabled_is_known_ = false;  ///< from the running Slips, which knows all it has disabled
    bool looked_for_run_ = false;
    int port_ = 0;
    std::unique_ptr<RedisClient> redis_;
    ModuleDescription program_;
    int wrong_ = 0;
};

}  // namespace

CheckOptions parse_check_options(const std::vector<std::string>& arguments) {
    CheckOptions options;
    std::size_t at = 0;
    for (; at < arguments.size() && arguments[at].rfind("--", 0) == 0; ++at) {
        const std::string& option = arguments[at];
        if (option == "--") {
            ++at;
            break;
        }
        if (option != "--slips-dir" && option != "--redis-port" && option != "--cache-port" &&
            option != "--slips-version" && option != "--generation" && option != "--python" &&
            option != "--redis-password-file")
            throw UsageError("unknown option " + option + "; slipsdev check --help lists them");
        if (at + 1 >= arguments.size()) throw UsageError(option + " needs a value");
        const std::string& value = arguments[++at];
        if (option == "--slips-dir") options.slips_dir = value;
        else if (option == "--redis-port") options.redis_port = port_number(option, value);
        else if (option == "--cache-port") options.cache_port = port_number(option, value);
        else if (option == "--slips-version") options.slips_version = version_text(option, value);
        else if (option == "--python") options.python = value;
        else if (option == "--redis-password-file") options.password_file = value;
        else options.generation = generation_named(option, value);
    }
    options.program.assign(arguments.begin() + static_cast<std::ptrdiff_t>(at), arguments.end());
    return options;
}

int check(const CheckOptions& options, Terminal& terminal) { return Checks(options, terminal).run(); }

}  // namespace slipsdev
