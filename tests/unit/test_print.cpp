#include "slips/impl/program/printer.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <regex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

using slips::Generation;
using slips::print_targets;
using slips::PrintTargets;

namespace {

/// Returns what `action` writes to a file descriptor.
std::string written_to(int fd, const std::function<void()>& action) {
    std::fflush(nullptr);
    std::FILE* file = std::tmpfile();
    REQUIRE(file);
    const int saved = ::dup(fd);
    ::dup2(::fileno(file), fd);
    action();
    ::dup2(saved, fd);
    ::close(saved);
    std::rewind(file);
    std::string text;
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
    std::fclose(file);
    return text;
}

/// A folder that is deleted at the end of the test.
struct Folder {
    Folder()
        : path(std::filesystem::canonical(std::filesystem::temp_directory_path()) /
               ("slips_print_" + std::to_string(::getpid()))) {
        std::filesystem::create_directory(path);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }
    std::string text(const char* name) const {
        std::ifstream file(path / name);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::filesystem::path path;
};

}  // namespace

TEST_CASE("print() chooses the destination by level, in both generations") {
    for (int verbosity = 0; verbosity <= 3; ++verbosity) {
        for (int debugging = 0; debugging <= 3; ++debugging) {
            for (int verbose = 0; verbose <= 3; ++verbose) {
                for (int debug = 0; debug <= 3; ++debug) {
                    const bool shown = (verbose > 0 && verbose <= verbosity) || (debug > 0 && debug <= debugging);
                    CHECK(print_targets(verbose, debug, verbosity, debugging,
                                        slips::detail::dialect_of(Generation::current)) ==
                          PrintTargets{shown, shown, debug == 1});
                    CHECK(print_targets(verbose, debug, verbosity, debugging,
                                        slips::detail::dialect_of(Generation::legacy)) ==
                          PrintTargets{shown, shown || debug == 1, debug == 1});
                }
            }
        }
    }
}

TEST_CASE("levels beyond 0..3 are clamped") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        CHECK(print_targets(99, 0, 3, 0, slips::detail::dialect_of(generation)) ==
              print_targets(3, 0, 3, 0, slips::detail::dialect_of(generation)));
        CHECK(print_targets(-5, 99, 1, 3, slips::detail::dialect_of(generation)) ==
              print_targets(0, 3, 1, 3, slips::detail::dialect_of(generation)));
        CHECK(print_targets(-1, -1, 3, 3, slips::detail::dialect_of(generation)) == PrintTargets{});
    }
}

TEST_CASE("text from the network moves no cursor and forges no line") {
    CHECK(slips::screen_line("plain \t text") == "plain \t text");
    CHECK(slips::screen_line("\x1b[31mred") == "\\x1b[31mred");
    CHECK(slips::screen_line("a\r\nb") == "a\\x0d\\x0ab");
    CHECK(slips::screen_line(std::string_view("\0", 1)) == "\\x00");
    CHECK(slips::screen_line("\x7f") == "\\x7f");
    CHECK(slips::screen_line("\xc2\x9b"
                             "5m") == "\\xc2\\x9b5m");               // a C1 control: CSI in one character
    CHECK(slips::screen_line("\xe2\x80\xa8") == "\\xe2\\x80\\xa8");  // a line separator
    CHECK(slips::screen_line("caf\xc3\xa9 \xf0\x9f\x90\x9b") == "caf\xc3\xa9 \xf0\x9f\x90\x9b");
    CHECK(slips::screen_line("\xff") == "\xff");
    CHECK(slips::screen_line("evil\xe2\x80\xaegpj.exe") == "evil\\xe2\\x80\\xaegpj.exe");  // reverses what follows
    CHECK(slips::screen_line("pay\xe2\x80\x8bpal.com") == "pay\\xe2\\x80\\x8bpal.com");    // has no width
    CHECK(slips::screen_line("").empty());
}

TEST_CASE("each line starts with the module's name") {
    slips::Printer printer("detector");
    CHECK(written_to(STDOUT_FILENO, [&] { printer.print("one\ntwo\n", 1, 0); }) == "[detector] one\n[detector] two\n");
    CHECK(written_to(STDOUT_FILENO, [&] { printer.print("a\n\nb", 1, 0); }) ==
          "[detector] a\n[detector] \n[detector] b\n");
    CHECK(written_to(STDOUT_FILENO, [&] { printer.print("", 1, 0); }) == "[detector] \n");
    CHECK(written_to(STDOUT_FILENO, [&] { printer.print("not now", 2, 0); }).empty());
    CHECK(written_to(STDOUT_FILENO, [&] { printer.print("not now", 0, 1); }).empty());
    printer.set_levels(2, 1);
    CHECK(written_to(STDOUT_FILENO, [&] { printer.print("now", 2, 0); }) == "[detector] now\n");
    CHECK(written_to(STDOUT_FILENO, [&] { printer.print("now", 0, 1); }) == "[detector] now\n");
}

TEST_CASE("log_error(), log_warning() and log_debug() have the levels of Slips' own modules") {
    using slips::LogLevel;
    using Line = std::tuple<std::string, int, int>;
    const auto relayed = [](slips::detail::Release release, LogLevel level, std::string_view text) {
        slips::Printer printer("detector");
        printer.set_levels(3, 3);  // of a release whose launcher does not know its levels
        printer.set_dialect(slips::detail::dialect_of(release));
        std::vector<Line> lines;
        printer.set_relay([&](std::string_view line, int verbose, int debug) {
            lines.emplace_back(std::string(line), verbose, debug);
        });
        printer.log(level, text);
        return lines;
    };
    using slips::detail::release;
    for (const auto of : {release(0, 9, 0), release(1, 0, 7), release(1, 0, 8), release(1, 1, 1), release(1, 1, 2),
                          release(1, 1, 22)}) {
        CHECK(relayed(of, LogLevel::error, "a\nb\x1b\n") == std::vector{Line{"a", 0, 1}, Line{"b\\x1b", 0, 1}});
        CHECK(relayed(of, LogLevel::warning, "a\nb") == std::vector{Line{"Warning: a", 1, 0}, Line{"b", 1, 0}});
        const bool fails = of == release(1, 0, 8) || of == release(1, 1, 1);  // level 3 never reaches their log
        CHECK(relayed(of, LogLevel::debug, "a") == std::vector{Line{"a", 0, fails ? 2 : 3}});
    }
}

TEST_CASE("a module started by hand has its errors and warnings on the terminal and in Slips' log files") {
    using slips::LogLevel;
    const Folder folder;
    for (const char* name : {"slips.log", "errors.log"}) std::ofstream(folder.path / name).flush();
    slips::Printer printer("detector");
    std::string error;
    REQUIRE(printer.open_logs(folder.path / "slips.log", folder.path / "errors.log", error));
    const auto log_all = [&] {
        printer.log(LogLevel::error, "failed");
        printer.log(LogLevel::warning, "odd");
        printer.log(LogLevel::debug, "details");
    };
    CHECK(written_to(STDERR_FILENO, log_all) == "[detector] failed\n[detector] Warning: odd\n");
    CHECK(folder.text("errors.log").find("[detector] failed\n") != std::string::npos);
    CHECK(folder.text("errors.log").find("odd") == std::string::npos);
    CHECK(folder.text("slips.log").find("[detector] Warning: odd\n") != std::string::npos);
    CHECK(folder.text("slips.log").find("details") == std::string::npos);
    printer.set_levels(1, 3);
    written_to(STDERR_FILENO, [&] { CHECK(written_to(STDOUT_FILENO, log_all) == "[detector] details\n"); });
    CHECK(folder.text("slips.log").find("[detector] details\n") != std::string::npos);
}

TEST_CASE("messages of the SDK go to stderr at any level") {
    slips::Printer printer("detector");
    printer.set_levels(0, 0);
    CHECK(written_to(STDERR_FILENO, [&] { printer.report("has failed\x1b"); }) == "[detector] has failed\\x1b\n");
    written_to(STDERR_FILENO, [&] { CHECK(written_to(STDOUT_FILENO, [&] { printer.report("has failed"); }).empty()); });
    CHECK(written_to(STDERR_FILENO, [&] { printer.warn("is root\x1b"); }) == "[detector] is root\\x1b\n");
}

TEST_CASE("a warning passes through the launcher as text, and a report as an error") {
    slips::Printer printer("detector");
    std::vector<std::string> lines;
    printer.set_relay([&](std::string_view line, int verbose, int debug) {
        lines.push_back(std::string(line) + " " + std::to_string(verbose) + std::to_string(debug));
    });
    printer.warn("is root");
    printer.report("has failed");
    CHECK(lines == std::vector<std::string>{"is root 10", "has failed 01"});
}

TEST_CASE("lines in Slips' log files have the time format of the generation") {
    const Folder folder;
    slips::Printer printer("detector");
    std::string error;
    CHECK_FALSE(
        printer.open_logs((folder.path / "slips.log").string(), "", error));  // Slips creates them, not a module
    std::ofstream(folder.path / "slips.log");
    std::ofstream(folder.path / "errors.log");
    REQUIRE(printer.open_logs((folder.path / "slips.log").string(), (folder.path / "errors.log").string(), error));
    const auto quietly = [](const std::function<void()>& action) {
        written_to(STDOUT_FILENO, [&] { written_to(STDERR_FILENO, action); });
    };
    quietly([&] {
        printer.print("shown", 1, 0);
        printer.print("an error", 0, 1);
        printer.report("a report");
        printer.warn("a warning");
    });
    const std::string time = R"(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{6} )";
    CHECK(std::regex_match(folder.text("slips.log"),
                           std::regex(time + R"(\[detector\] shown\n)" + time + R"(\[detector\] a warning\n)")));
    CHECK(std::regex_match(folder.text("errors.log"),
                           std::regex(time + R"(\[detector\] an error\n)" + time + R"(\[detector\] a report\n)")));
    printer.set_dialect(slips::detail::dialect_of(Generation::legacy));
    quietly([&] { printer.print("an error", 0, 1); });
    CHECK(std::regex_search(folder.text("slips.log"),
                            std::regex(R"(\n\d\d/\d\d/\d{4}-\d\d:\d\d:\d\d \[detector\] an error\n$)")));
}

TEST_CASE("a log file that cannot be written is reported, one without a name is not opened") {
    slips::Printer printer("detector");
    std::string error;
    CHECK(printer.open_logs("", "", error));
    CHECK_FALSE(printer.open_logs("/no/such/folder/slips.log", "", error));
    CHECK(error == "cannot write Slips' log file /no/such/folder/slips.log: No such file or directory");
}

TEST_CASE("only Slips' own log files are opened among those that Redis names, without waiting") {
    const Folder folder;
    const std::string log = folder.path / "slips.log", other = folder.path / "notes", link = folder.path / "link.log",
                      pipe = folder.path / "pipe.log", folder_link = folder.path / "folder";
    std::ofstream{log}, std::ofstream{other};
    std::filesystem::create_symlink(log, link);
    std::filesystem::create_symlink(folder.path, folder_link);
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const auto problem = [&](const std::string& name, const std::string& base = {}) {
        std::string error;
        slips::Printer("detector").open_logs(name, "", error, base);
        const std::string begin = "cannot write Slips' log file ";
        return error.starts_with(begin) ? error.substr(error.rfind(": ") + 2) : error;
    };
    CHECK(problem(log).empty());
    CHECK(problem(other) == "Slips' log files are named *.log");
    CHECK(problem(link) == "link.log is a link, which is not followed");
    CHECK(problem(folder_link + "/slips.log") == "folder is a link, which is not followed");
    CHECK(problem("slips.log", folder_link).empty());  // the user has named this folder
    CHECK(problem("./../" + folder.path.filename().string() + "//slips.log", folder_link).empty());
    CHECK(problem("folder/slips.log", folder_link) == "folder is a link, which is not followed");
    CHECK(problem(pipe) == "it is not a regular file");
    CHECK(problem("/dev/zero") == "Slips' log files are named *.log");
}

TEST_CASE("a process that never had root follows links to log files, but only its own and root's") {
    const Folder folder;
    const std::string log = folder.path / "slips.log", link = folder.path / "folder";
    std::ofstream{log};
    std::filesystem::create_symlink(folder.path, link);
    const auto problem = [&](slips::detail::FollowLinks links) {
        std::string error;
        slips::Printer("detector").open_logs(link + "/slips.log", "", error, {}, links);
        return error;
    };
    CHECK(problem(slips::detail::FollowLinks::own).empty());
    CHECK_FALSE(problem(slips::detail::FollowLinks::none).empty());
    if (::geteuid() != 0) return;  // only root can change a link's owner
    REQUIRE(::lchown(link.c_str(), 54321, 54321) == 0);
    CHECK_FALSE(problem(slips::detail::FollowLinks::own).empty());
}

TEST_CASE("lines printed before the log files are opened are written to them afterwards") {
    const Folder folder;
    std::ofstream(folder.path / "slips.log");
    slips::Printer printer("detector");
    printer.buffer_logs();
    std::string error;
    written_to(STDOUT_FILENO, [&] {
        printer.print("before", 1, 0);
        CHECK(printer.open_logs("slips.log", "", error, folder.path));
        printer.print("after", 1, 0);
        CHECK(printer.open_logs("slips.log", "", error, folder.path));
    });
    CHECK(std::regex_match(folder.text("slips.log"),
                           std::regex(R"([^\n]* \[detector\] before\n[^\n]* \[detector\] after\n)")));
}
