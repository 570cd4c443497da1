// The files that a module opens while it runs, and root, which it drops before it opens them.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "slips/impl/program/options.hpp"
#include "slips/impl/program/printer.hpp"
#include "slips/impl/program/privileges.hpp"
#include "slips/impl/program/safe_file.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// The paths of Slips' log files; empty: not written.
struct LogPaths {
    std::string log{};     ///< slips.log
    std::string errors{};  ///< errors.log
};

/// Drops root, and opens Slips' log files, --stats and the module's folder. Before root is dropped, paths that others may
/// have chosen are not trusted; if the program started as root, links in paths from Redis are not followed afterwards either.
class ProgramFiles {
public:
    ProgramFiles(std::string_view module, const Options& options, Printer& printer)
        : module_(module), options_(options), printer_(printer) {}

    /// Decides about root, and opens --stats unless root will be dropped. Returns the exit status, or nullopt to continue.
    std::optional<Exit> prepare(bool needs_root);

    /// Returns whether root will be dropped but has not been yet.
    bool will_drop() const { return privileges_.action == PrivilegePlan::Action::drop_to_ids; }

    /// Drops root if needed, then opens all files. Returns the exit status, or nullopt to continue.
    std::optional<Exit> drop_root(const LogPaths& logs);

    /// Keeps the process's memory out of core dumps and debuggers, also after root is dropped, if there is a password.
    void protect_password(const std::string& password);

    /// Returns a path from Redis, relative to Slips' folder, with the links to follow: none if the program started with more
    /// rights than Redis' clients.
    Place place_from_redis(const std::string& path) const { return {path, options_.slips_dir, redis_links()}; }

    /// Opens Slips' log files, and reports which cannot be opened.
    void open_logs(const LogPaths& logs);

    /// Chooses the module's folder: in --output, else in Slips' output folder, else in the working directory.
    void choose_output_dir(const Place& slips_output);
    std::string output_dir() const { return output_dir_.name(); }
    /// Creates the module's folder if it does not exist; before root is dropped, for the user that the module switches to.
    FileProblem make_output_dir();

    /// Writes a line to --stats, if given. If root has not been dropped yet, drops it first.
    void write_stats(std::string_view line);

private:
    FollowLinks redis_links() const { return had_root_ ? FollowLinks::none : FollowLinks::own; }
    std::optional<Exit> drop_privileges();
    bool open_files(const LogPaths& logs);
    bool open_stats();

    std::string module_;
    const Options& options_;
    Printer& printer_;
    bool had_root_ = true;  ///< when the program started
    bool has_password_ = false;
    PrivilegePlan privileges_{};  ///< what remains to be done
    Place output_dir_{};          ///< the module's folder
    OwnFd made_for_user_{};       ///< the module's folder, if root created it for the user that the module switches to
    OwnFd stats_file_{};
};

// ---------------------------------------------------------------------------------------------------------

inline std::optional<Exit> ProgramFiles::prepare(bool needs_root) {
    const PrivilegeFacts facts = current_privilege_facts(options_.user, needs_root);
    had_root_ = facts.root;
    privileges_ = look_up_user(plan_privileges(facts));
    if (privileges_.action == PrivilegePlan::Action::refuse) {
        printer_.report(privileges_.sentence);
        return Exit::environment;
    }
    if (will_drop()) printer_.buffer_logs();
    else if (!open_stats()) return Exit::environment;
    return std::nullopt;
}

inline std::optional<Exit> ProgramFiles::drop_root(const LogPaths& logs) {
    const bool drops = will_drop();
    if (drops && !output_dir_.path.empty()) make_output_dir();  // if this fails, it is retried as the new user
    if (const auto failure = drop_privileges()) return failure;
    if (drops && !open_files(logs)) return Exit::environment;
    return std::nullopt;
}

inline void ProgramFiles::protect_password(const std::string& password) {
    if (password.empty()) return;
    has_password_ = true;
    hide_memory();
}

inline std::optional<Exit> ProgramFiles::drop_privileges() {
    if (privileges_.action == PrivilegePlan::Action::warn) printer_.warn(privileges_.sentence);
    if (!will_drop()) return std::nullopt;
    struct stat made {};
    if (made_for_user_ && ::fstat(made_for_user_.get(), &made) == 0 && made.st_uid == 0)
        static_cast<void>(::fchown(made_for_user_.get(), privileges_.uid, privileges_.gid));
    made_for_user_ = OwnFd();
    if (const auto failure = perform_privileges(privileges_)) {
        printer_.report(*failure);
        return Exit::environment;
    }
    privileges_ = {};
    if (has_password_) hide_memory();  // changing the user may have reset it
    return std::nullopt;
}

/// Opens files by path, after root has been dropped.
inline bool ProgramFiles::open_files(const LogPaths& logs) {
    open_logs(logs);
    if (!open_stats()) return false;
    if (output_dir_.path.empty()) return true;
    if (!options_.output.empty()) output_dir_.links = FollowLinks::all;
    auto problem = make_output_dir();
    if (problem.text.empty() && ::access(output_dir_.name().c_str(), W_OK | X_OK) != 0) problem = FileProblem(errno);
    if (!problem.text.empty())
        printer_.report("the module cannot write to its folder " + output_dir_.name() + " as user " +
                        std::to_string(::getuid()) + ": " + problem.text +
                        "; chown it, or choose another with --output");
    return true;
}

inline void ProgramFiles::open_logs(const LogPaths& logs) {
    std::string error;
    if (!printer_.open_logs(logs.log, logs.errors, error, options_.slips_dir, redis_links()))
        printer_.report(error + "; printing to the terminal only");
}

/// Follows no links as root; other users may follow their own.
inline bool ProgramFiles::open_stats() {
    const std::string path = options_.stats_file();
    if (path.empty()) return true;
    FileProblem problem;
    const FollowLinks links = ::geteuid() == 0 ? FollowLinks::none : FollowLinks::all;
    stats_file_ = open_regular({path, {}, links}, O_WRONLY | O_CREAT, problem);
    struct stat info {};
    // truncate only after verifying that it is a regular file
    if (stats_file_ && ::fstat(stats_file_.get(), &info) == 0 && S_ISREG(info.st_mode) &&
        ::ftruncate(stats_file_.get(), 0) != 0)
        problem = FileProblem(errno);
    if (problem.text.empty()) return true;
    printer_.report("--stats: cannot write " + path + ": " + problem.text);
    return false;
}

inline void ProgramFiles::write_stats(std::string_view line) {
    if (options_.stats.empty()) return;
    if (will_drop() && (drop_privileges() || !open_stats())) return;
    if (stats_file_ && !write_all(stats_file_.get(), line))
        printer_.report("--stats: " + options_.stats_file() + " could not be written: is the disk full?");
}

inline void ProgramFiles::choose_output_dir(const Place& slips_output) {
    const FollowLinks own_links = will_drop() ? FollowLinks::none : FollowLinks::all;
    if (!options_.output.empty()) output_dir_ = {options_.output + "/" + module_, {}, own_links};
    else if (slips_output.path.empty()) output_dir_ = {module_ + ".output"};
    else output_dir_ = {slips_output.path + "/" + module_, slips_output.base, slips_output.links};
}

inline FileProblem ProgramFiles::make_output_dir() {
    FileProblem problem;
    if (output_dir_.links == FollowLinks::all) {
        std::error_code error;
        std::filesystem::create_directories(output_dir_.name(), error);
        return error ? FileProblem(error.value()) : problem;
    }
    bool made = false;
    const uid_t user = privileges_.uid;
    const uid_t* const owner = will_drop() ? &user : nullptr;
    const OwnFd folder = make_folder(output_dir_, owner, made, problem);
    if (!folder) return problem;
    struct stat info {};
    if (::fstat(folder.get(), &info) != 0) return FileProblem(errno);
    if (made && owner) made_for_user_ = open_in(folder.get(), ".", O_RDONLY | O_DIRECTORY, FollowLinks::none, problem);
    // the owner of the folder controls the links in it
    if (::geteuid() == 0 && !owner && info.st_uid != 0)
        return {EPERM, "it belongs to another user, so root does not write to it; chown it, or start with --user"};
    return {};
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
