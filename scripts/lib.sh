# Sourced by the scripts beside this file: installs packages, shows progress, prints the closing line.
#
# A script calls `begin NAME`, runs steps, and ends with `finish TEXT`.

export LC_ALL=C
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$project" || exit 1
logs=build/log
script=scripts
step_log=

# begin NAME: sets the name for the closing line.
begin() {
    script=$1
    SECONDS=0
    mkdir -p "$logs"
    trap 'stop_with_line "interrupted"' INT TERM
}

# stop_with_line TEXT: prints the closing line of a failed run, and exits.
stop_with_line() {
    trap - INT TERM
    clear_progress
    printf '%s: %s after %s s\n' "$script" "$1" "$SECONDS"
    exit 1
}

# finish TEXT: prints the closing line of a successful run.
finish() {
    clear_progress
    printf '%s: %s in %s s\n' "$script" "$1" "$SECONDS"
}

# Progress is one line that is overwritten, on a terminal only.

clear_progress() {
    if [ -t 1 ]; then printf '\r\033[K'; fi
}

# show_progress TITLE: reads standard input and shows its last line beside the title.
show_progress() {
    local width line
    if [ ! -t 1 ]; then
        cat >/dev/null
        return
    fi
    { width=$(stty size <&3 2>/dev/null | cut -d ' ' -f 2); } 3>&1
    [ "${width:-0}" -gt 20 ] || width=80
    printf '\r\033[K%s' "$1"
    while IFS= read -r line; do
        case $line in '' | ' '*) continue ;; esac
        line="$1: $line"
        printf '\r\033[K%s' "${line:0:width-1}"
    done
    clear_progress
}

# step TITLE COMMAND...: runs the command quietly. If it fails, shows the end of its output and fails.
step() {
    local title=$1 status=0
    shift
    step_log="$logs/$(printf %s "$title" | tr -cs 'a-z0-9' -).log"
    "$@" </dev/null 2>&1 | tee "$step_log" | show_progress "$title" || status=${PIPESTATUS[0]}
    if [ "$status" -ne 0 ]; then
        printf '%s: %s failed; from %s:\n\n' "$script" "$title" "$step_log"
        show_failure "$step_log"
        printf '\n'
    fi
    return "$status"
}

# show_failure LOG: shows the log from the first file that did not compile, or its end.
show_failure() {
    if grep -q '^FAILED: ' "$1"; then
        sed -n '/^FAILED: /,$p' "$1" | head -n 60 | cut -c 1-500
    else
        grep -vE '^ +Start +[0-9]+: | Passed +[0-9.]+ sec$' "$1" | tail -n 120 | cut -c 1-500
    fi
}

# has_for_packages PROGRAM: true without dpkg, because the program is then not needed.
has_for_packages() { ! has_program dpkg || has_program "$1"; }

# What the build needs. One row: test | name | Debian package.

has_program() { command -v "$1" >/dev/null 2>&1; }

has_redis() { has_program redis-server || has_program valkey-server; }

# has_header NAME: it is in a usual folder, or the compiler finds it.
has_header() {
    [ -e "/usr/include/$1" ] || [ -e "/usr/local/include/$1" ] || {
        has_program "${CXX:-c++}" && printf '#include <%s>\n' "$1" | "${CXX:-c++}" -x c++ -E - >/dev/null 2>&1
    }
}

# has_for_tls header|program: what slips::tls and its tests need beside the SSL library of hiredis, which is in libhiredis-dev
# from 1.0 on; true without that, because they are skipped then.
has_for_tls() {
    has_header hiredis/hiredis_ssl.h || return 0
    if [ "$1" = header ]; then has_header openssl/ssl.h; else has_program openssl; fi
}

# has_fuzzer: clang includes libFuzzer, on Debian in a separate package.
has_fuzzer() {
    has_program clang++ &&
        printf 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' |
        clang++ -x c++ -fsanitize=fuzzer,address -o /dev/null - >/dev/null 2>&1
}

build_needs='
has_program ${CXX:-c++}      | a C++20 compiler (g++ 11, clang 14)   | g++
has_program cmake            | CMake 3.22                            | cmake
has_program ninja            | Ninja                                 | ninja-build
has_program make             | make                                  | make
has_program meson            | Meson 0.61                            | meson
has_program pkg-config       | pkg-config                            | pkg-config
has_program python3          | Python 3                              | python3
has_redis                    | redis-server or valkey-server         | redis-server
has_header hiredis/hiredis.h | hiredis 0.14, with its headers        | libhiredis-dev
has_header nlohmann/json.hpp | nlohmann_json 3.10.5                  | nlohmann-json3-dev
has_header zlib.h            | zlib, with its header                 | zlib1g-dev
has_header doctest/doctest.h | doctest                               | doctest-dev
'
test_needs="$build_needs"'
has_program ccache           | ccache                                | ccache
has_program clang++          | clang                                 | clang
has_for_packages dpkg-shlibdeps | dpkg-dev                           | dpkg-dev
has_for_packages file        | file, which detects file types        | file
has_header yaml-cpp/yaml.h   | yaml-cpp 0.7                          | libyaml-cpp-dev
has_header simdjson.h        | simdjson 3.0                          | libsimdjson-dev
has_for_tls header           | OpenSSL, with its headers             | libssl-dev
has_for_tls program          | the program openssl                   | openssl
has_header curses.h          | ncurses, with its headers             | libncurses-dev
'
fuzz_needs='
has_fuzzer                   | libFuzzer, of clang                   | libclang-rt-dev
'
deep_needs='
has_program valgrind         | valgrind                              | valgrind
has_program llvm-profdata    | llvm, for coverage                    | llvm
'
bench_needs='
/usr/bin/python3 -c "import redis" 2>/dev/null | redis for Python 3 | python3-redis
'
reference_needs='has_program doxygen          | Doxygen                               | doxygen
'

# install_missing NEEDS: installs what is missing with apt; on other systems, reports it and stops.
install_missing() {
    local check name package names='' packages=()
    while IFS='|' read -r check name package; do
        [ -n "$check" ] || continue
        eval "$check" && continue
        read -r name <<<"$name"  # strips blanks
        read -r package <<<"$package"
        names="${names:+$names, }$name"
        packages+=("$package")
    done <<<"$1"
    [ "${#packages[@]}" -gt 0 ] || return 0

    if ! has_program apt-get; then
        stop_with_line "missing: $names; please install them and try again: stopped"
    fi
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        # sudo may ask for a password only on a terminal
        if ! has_program sudo || { [ ! -t 0 ] && ! sudo -n true 2>/dev/null; }; then
            stop_with_line "missing: $names; please run 'sudo apt-get install ${packages[*]}' and try again: stopped"
        fi
        as_root=(sudo)
    fi
    printf '%s: installing with apt-get: %s\n' "$script" "${packages[*]}"
    step "installing packages" apt_install "${as_root[@]}" -- "${packages[@]}" ||
        stop_with_line "packages could not be installed: stopped"
}

# apt_install [sudo -n] -- PACKAGE...: updates the package lists only if the installation fails with the present ones.
apt_install() {
    local as_root=()
    while [ "$1" != -- ]; do
        as_root+=("$1")
        shift
    done
    shift
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300)
    local install=("${as_root[@]}" "${apt[@]}" install --no-install-recommends "$@")
    "${install[@]}" || { "${as_root[@]}" "${apt[@]}" update && "${install[@]}"; }
}

# configure PRESET [OPTION...]: uses ccache if installed; an existing build folder keeps its compiler launcher.
configure() {
    local preset=$1 build=build launcher=()
    shift
    [ "$preset" = release ] || build=build/$preset
    if has_program ccache && [ ! -e "$build/CMakeCache.txt" ]; then
        launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    fi
    cmake --preset "$preset" "${launcher[@]}" "$@"
}

jobs() { nproc 2>/dev/null || echo 2; }
