#!/usr/bin/env python3
"""Uses the SDK from another project in one of the ways a user would, in a temporary folder, and checks the result.

usage: packaging.py CASE --source-dir SDK --compiler PROGRAM --cmake PROGRAM [--slipsdev PROGRAM] [--build-dir FOLDER]
                         [--launcher PROGRAM]

CASE is a function of this file that CMakeLists.txt names. Prints nothing on success, except for debian_packages, which
reports how long the path from a name to a module in Slips took.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONSUMERS = Path(__file__).resolve().parent / "consumers"

# Without optimization, where another case builds the same sources with the defaults. The flags are those of a CMake project
# that sets no build type, and projects and prefixes are at the same depth in the temporary folder: ccache compiles the runtime
# once for many cases.
QUICK_CMAKE = ["-DCMAKE_BUILD_TYPE=None"]
QUICK_MESON = ["--buildtype=plain"]


class Scene:
    """A temporary folder, the SDK, and the tools to build with."""

    def __init__(self, arguments, folder):
        self.sdk = Path(arguments.source_dir)
        self.folder = Path(folder)
        self.cmake = arguments.cmake
        self.build = Path(arguments.build_dir) if arguments.build_dir else None
        self.slipsdev = arguments.slipsdev
        self.compiler = arguments.compiler
        self.meson_compiler = arguments.compiler
        self.environment = dict(os.environ, CXX=arguments.compiler)
        for name in ("SLIPS_SDK_DIR", "DESTDIR", "CMAKE_PREFIX_PATH", "slips-module-sdk_DIR", "slips-module-sdk_ROOT"):
            self.environment.pop(name, None)
        if arguments.launcher:
            # Paths relative to the temporary folder, so that the next run finds what this one compiled.
            self.environment.update(CMAKE_CXX_COMPILER_LAUNCHER=arguments.launcher, CCACHE_NOHASHDIR="1",
                                    CCACHE_BASEDIR=str(self.folder))
            self.meson_compiler = f"{arguments.launcher} {arguments.compiler}"

    def run(self, *command, cwd=None, fails=False):
        """Returns what the command printed. It must succeed, or fail if `fails` is set."""
        command = [str(part) for part in command]
        result = subprocess.run(command, cwd=cwd or self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True,
                                errors="replace", check=False)
        if (result.returncode != 0) != fails:
            raise AssertionError(f"{' '.join(command)}\nended with {result.returncode}:\n{result.stdout}")
        return result.stdout

    def meson_setup(self, *arguments):
        """Runs `meson setup`; Meson reads the compiler's launcher from CXX, CMake does not."""
        self.environment["CXX"] = self.meson_compiler
        self.run("meson", "setup", *arguments)
        self.environment["CXX"] = self.compiler

    def install_sdk(self):
        """Installs the SDK with CMake, without its tests; returns the prefix."""
        prefix = self.folder / "machine" / "usr"  # where debian_packages has it
        self.run(self.cmake, "-S", self.sdk, "-B", "sdk-build", "-G", "Ninja", f"-DCMAKE_INSTALL_PREFIX={prefix}",
                 "-DSLIPS_SDK_BUILD_TESTS=OFF", "-DSLIPS_SDK_BUILD_EXAMPLES=OFF", "-DSLIPS_SDK_BUILD_TOOLS=OFF")
        self.run(self.cmake, "--install", "sdk-build")
        shutil.rmtree(self.folder / "sdk-build")
        return prefix

    def copy_consumer(self, name):
        """Copies the fixture project with the sources it shares beside it; returns the copy's folder."""
        for source in CONSUMERS.glob("*.cpp"):
            shutil.copy(source, self.folder)
        shutil.copytree(CONSUMERS / name, self.folder / name)
        return self.folder / name

    def copy_template(self, *place):
        """Runs `cp -a templates/module mymodule`; returns the copy's folder."""
        target = self.folder.joinpath(*place, "mymodule")
        target.parent.mkdir(parents=True, exist_ok=True)
        self.run("cp", "-a", self.sdk / "templates" / "module", target)
        return target

    def quick_module(self, name):
        """Copies the template as module <name>, with a source that compiles quickly; returns its folder."""
        self.run("cp", "-a", self.sdk / "templates" / "module", self.folder / name)
        shutil.copy(CONSUMERS / "quick.cpp", self.folder / name / "module.cpp")
        (self.folder / name / "tests" / "test_module.cpp").write_text("int main() {}\n")
        return self.folder / name

    def make_slips(self, name="Slips"):
        """Makes a folder that looks like current Slips; returns it."""
        slips = self.folder / name
        for folder in ("modules/arp", "slips_files", "config"):
            (slips / folder).mkdir(parents=True)
        (slips / "slips.py").touch()
        (slips / "VERSION").write_text("1.1.21\n")
        (slips / "config" / "slips.yaml").write_text("modules:\n  disable: [template]\n")
        (slips / "modules" / "arp" / "arp.py").write_text("class Arp:\n    name = 'arp'\n")
        return slips

    def build_with_cmake(self, source, *options, target="all"):
        """Configures, builds and tests, or builds a single target, which has no tests; returns the build folder."""
        build = source / "build"
        self.run(self.cmake, "-S", source, "-B", build, "-G", "Ninja", *options)
        self.run(self.cmake, "--build", build, "--target", target)
        if target == "all":
            self.run(Path(self.cmake).with_name("ctest"), "--test-dir", build, "--output-on-failure")
        return build

    def build_with_meson(self, source, *options):
        """Configures, builds and tests; returns the build folder."""
        build = source / "build"
        self.meson_setup(build, source, *options)
        self.run("meson", "compile", "-C", build)
        self.run("meson", "test", "-C", build)
        return build


def expect(condition, complaint):
    if not condition:
        raise AssertionError(complaint)


def files_under(folder):
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if not path.is_dir())


def expect_module(scene, program, name, archive=None):
    """Checks that the program is the module of this name; archive: whether hiredis must be linked statically."""
    description = json.loads(scene.run(program, "--describe"))
    expect(description["name"] == name, f"{program} is named {description['name']}, expected {name}")
    if archive is not None:
        expect_hiredis(scene, program, shared=not archive)


def expect_hiredis(scene, program, shared):
    """Returns whether the program loads the shared library of hiredis."""
    needs = "libhiredis" in scene.run("ldd", program)
    if shared or has_archive(scene):
        expect(needs == shared, f"{program} {'needs' if needs else 'does not need'} the hiredis library")


def has_archive(scene):
    """Returns whether the compiler's default folders contain hiredis as an archive."""
    return "/" in scene.run(scene.compiler, "-print-file-name=libhiredis.a").strip()


# The optional ones, and the headers that each requires.
PARTS = {"yaml": ["yaml-cpp/yaml.h"], "simdjson": ["simdjson.h"], "tls": ["hiredis/hiredis_ssl.h", "openssl/ssl.h"]}


def has_library(scene, part):
    """Returns whether the part's libraries are there."""
    probe = scene.folder / "probe.cpp"
    probe.write_text("".join(f"#if !__has_include(<{header}>)\n#error\n#endif\n" for header in PARTS[part]))
    return subprocess.run([scene.compiler, "-fsyntax-only", probe], stderr=subprocess.DEVNULL, check=False).returncode == 0


def expect_parts(scene, build):
    """Checks that the programs that link the optional parts were built and work, if their libraries are there."""
    for part in PARTS:
        there = has_library(scene, part)
        expect((build / part).exists() == there, f"slips::{part} and its libraries {PARTS[part]} are not there together")
        if there:
            scene.run(build / part)


def expect_in_slips(scene, slips, name):
    """Checks that the module's four files are in Slips, as the build made them."""
    folder = slips / "modules" / name
    modes = {file: oct((folder / file).stat().st_mode & 0o777) for file in files_under(folder)}
    expect(modes == {name: "0o755", "__init__.py": "0o644", f"{name}.py": "0o644", f"{name}.json": "0o644"},
           f"in {folder}: {modes}")
    for file, source in {f"{name}.py": "slips_module.py", "__init__.py": "slips_package.py"}.items():
        expect((folder / file).read_bytes() == (scene.sdk / "launcher" / source).read_bytes(), f"{file} is not {source}")
    expect((folder / f"{name}.json").read_text() == scene.run(folder / name, "--describe"),
           f"{name}.json differs from the program's --describe")


def expect_plays(scene, program):
    """Checks that the module runs in the playground and receives the messages played to it."""
    if not scene.slipsdev:
        return
    flows = scene.sdk / "examples" / "local_connection_detector" / "conn.log"
    for generation in ("current", "legacy"):
        output = scene.folder / f"played-{generation}"
        scene.run(scene.slipsdev, "play", "--generation", generation, "--flows", flows, "--output", output, "--",
                  program)
        summary = json.loads((output / "summary.json").read_text())
        expect(summary["received"] == summary["sent"] > 0 and summary["accepted"] > 0
               and summary["refused"] == summary["lost"] == 0, f"{generation}: {summary}")


# The ways in which a project uses the SDK.

def add_subdirectory(scene):
    """CMake's add_subdirectory: the parent keeps its flags, targets, tests and install rules."""
    source = scene.copy_consumer("add_subdirectory")
    build = scene.build_with_cmake(source, f"-DSDK={scene.sdk}")
    expect_module(scene, build / "consumer", "consumer", archive=True)
    expect_module(scene, build / "plain", "plain", archive=False)
    for program in ("values", "harness"):
        expect_hiredis(scene, build / program, shared=False)
    expect_parts(scene, build)
    scene.run(scene.cmake, "--install", build, "--prefix", scene.folder / "installed")
    expect(files_under(scene.folder / "installed") == ["bin/untouched"],
           f"installed: {files_under(scene.folder / 'installed')}")
    slips = scene.make_slips()
    scene.run(scene.cmake, "--install", build, "--prefix", slips, "--component", "slips-module")
    expect_in_slips(scene, slips, "consumer")
    expect(not (slips / "bin").exists(), "the component brought the parent's own program")


def sdk_twice(scene):
    """Two dependencies that each bring the SDK: the second copy is not added again, and both have modules. Builds nothing."""
    prefix = scene.install_sdk()
    (scene.folder / "copy").symlink_to(scene.sdk)
    bring = {"subdirectory": 'add_subdirectory("${SDK}" sdk${NUMBER})',
             "copy": f'add_subdirectory("{scene.folder / "copy"}" sdk${{NUMBER}})',
             "fetched": 'include(FetchContent)\nFetchContent_Declare(slips-module-sdk SOURCE_DIR "${SDK}")\n'
                        "FetchContent_MakeAvailable(slips-module-sdk)",
             "package": "find_package(slips-module-sdk REQUIRED)"}
    for dependency, how in bring.items():
        folder = scene.folder / "project" / dependency
        folder.mkdir(parents=True)
        shutil.copy(CONSUMERS / "quick.cpp", folder)
        (folder / "CMakeLists.txt").write_text(f"{how}\nslips_add_module(module${{NUMBER}} quick.cpp)\n")
    of_a_folder = "set(NUMBER {number})\nadd_subdirectory({dependency} of{number})\n"
    of_one_file = "set(NUMBER {number})\ninclude({dependency}/CMakeLists.txt)\n"
    shutil.copy(CONSUMERS / "quick.cpp", scene.folder / "project")
    for first, second, use in (("subdirectory", "copy", of_one_file), ("subdirectory", "package", of_a_folder),
                               ("fetched", "subdirectory", of_a_folder), ("copy", "fetched", of_one_file),
                               ("package", "copy", of_one_file), ("package", "copy", of_a_folder)):
        (scene.folder / "project" / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.22)\nproject(outer LANGUAGES CXX)\n"
            + use.format(number=1, dependency=first) + use.format(number=2, dependency=second))
        shutil.rmtree(scene.folder / "build", ignore_errors=True)
        printed = scene.run(scene.cmake, "-S", "project", "-B", "build", "-G", "Ninja", "--no-warn-unused-cli",
                            f"-DSDK={scene.sdk}", f"-DCMAKE_PREFIX_PATH={prefix}")
        expect("Warning" not in printed, f"{first}, then {second}:\n{printed}")
        is_added = second != "package"
        is_known = first != "package" or use is of_one_file  # an imported target belongs to its folder
        lines = [line for line in printed.splitlines() if "slips-module-sdk is already in this build; " in line]
        expect(len(lines) == (is_added and is_known), f"{first}, then {second}:\n{printed}")
        scene.run(scene.cmake, "--build", "build", "--target", "module1", "module2", "--", "-n")


def find_package(scene):
    """CMake's find_package, with the SDK where it was installed and after its folder was moved."""
    prefix = scene.install_sdk()
    source = scene.copy_consumer("find_package")
    build = scene.build_with_cmake(source, f"-DCMAKE_PREFIX_PATH={prefix}")
    expect_module(scene, build / "consumer", "consumer", archive=True)
    expect_module(scene, build / "plain", "plain", archive=False)
    expect_hiredis(scene, build / "values", shared=False)
    expect_parts(scene, build)

    (scene.folder / "missing").mkdir()
    (scene.folder / "missing" / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.22)\nproject(missing LANGUAGES CXX)\nfind_package(slips-module-sdk REQUIRED)\n"
        f'slips_add_module(mymodule "{CONSUMERS / "quick.cpp"}")\ntarget_link_libraries(mymodule PRIVATE slips::tls)\n')
    printed = scene.run(scene.cmake, "-S", "missing", "-B", "missing/build", f"-DCMAKE_PREFIX_PATH={prefix}", fails=True)
    expect("slips: mymodule links slips::tls, which is not available: it needs hiredis 1.0 or newer with its SSL library"
           in " ".join(printed.split()), printed)

    moved = scene.folder / "elsewhere" / "moved"
    moved.parent.mkdir()
    prefix.rename(moved)
    shutil.rmtree(build)
    build = scene.build_with_cmake(source, f"-DCMAKE_PREFIX_PATH={moved}", target="values")
    scene.run(build / "values")
    for file in files_under(moved):
        text = (moved / file).read_bytes()
        for place in (prefix, scene.sdk):
            expect(os.fsencode(place) not in text, f"{file} names {place}")


def expect_static(scene, program):
    """Checks that the program loads no library, and runs."""
    scene.run("ldd", program, fails=True)
    expect_module(scene, program, program.name)
    expect_plays(scene, program)


def static_module(scene):
    """STATIC, or an option for all modules of a build: the program runs without any library of the host."""
    (scene.folder / "static").mkdir()
    (scene.folder / "static" / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.22)\nproject(static LANGUAGES CXX)\nadd_subdirectory(\"${SDK}\" sdk)\n"
        "slips_add_module(asked STATIC \"${SDK}/templates/module/module.cpp\")\n"
        f'set(SLIPS_STATIC_MODULE ON)\nslips_add_module(each "{CONSUMERS / "module.cpp"}")\n'
        "set(Hiredis_STATIC_LIBRARY Hiredis_STATIC_LIBRARY-NOTFOUND)\n"
        "if(NO_ARCHIVE)\nslips_add_module(impossible STATIC module.cpp)\nendif()\n")
    build = scene.build_with_cmake(scene.folder / "static", f"-DSDK={scene.sdk}", *QUICK_CMAKE)
    expect_static(scene, build / "asked")
    scene.run("ldd", build / "each", fails=True)
    printed = scene.run(scene.cmake, build, "-DNO_ARCHIVE=ON", fails=True)
    expect("slips: impossible cannot be linked statically, because hiredis has no archive" in " ".join(printed.split()),
           printed)


def static_module_meson(scene):
    """The template's option for Meson."""
    build = scene.build_with_meson(scene.copy_template(), f"-Dslips_sdk_dir={scene.sdk}", "-Dslips_static_module=true",
                                   *QUICK_MESON)
    expect_static(scene, build / "mymodule")


def scanned_targets(scene, compiler, source, *options):
    """Returns the targets whose sources CMake scans for C++ modules; None if it cannot with this compiler. Builds nothing."""
    build = scene.folder / "scanned"
    shutil.rmtree(build, ignore_errors=True)
    command = [scene.cmake, "-S", source, "-B", build, "-G", "Ninja", f"-DCMAKE_CXX_COMPILER={compiler}", *options]
    result = subprocess.run([str(part) for part in command], env=scene.environment, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, check=False)
    if "does not provide a way to discover the import graph" in " ".join(result.stdout.split()):
        return None
    expect(result.returncode == 0, result.stdout)
    rules = (build / "build.ninja").read_text()
    return set(re.findall(r"^build \S*CMakeFiles/([^/ ]+)\.dir/\S+\.ddi:", rules, re.MULTILINE))


def without_scanning(scene):
    """CMake does not scan for C++ modules unless the user asks for it: clang without clang-scan-deps is enough for Ninja."""
    prefix = scene.install_sdk()
    asked = "-DCMAKE_CXX_SCAN_FOR_MODULES=ON"
    template = scene.quick_module("mymodule")
    project = scene.folder / "project"
    project.mkdir()
    shutil.copy(CONSUMERS / "quick.cpp", project)
    (project / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION ${VERSION})\nproject(own LANGUAGES CXX)\n"
        'if(SDK)\nadd_subdirectory("${SDK}" sdk)\nelse()\nfind_package(slips-module-sdk REQUIRED)\nendif()\n'
        "slips_add_module(module quick.cpp)\n"
        "slips_add_module(scanned quick.cpp)\nset_target_properties(scanned PROPERTIES CXX_SCAN_FOR_MODULES ON)\n"
        "add_executable(own quick.cpp)\ntarget_link_libraries(own PRIVATE slips::sdk)\n"
        'target_compile_definitions(own PRIVATE "SLIPS_MODULE_NAME=\\"own\\"")\n')

    for compiler in {scene.compiler, shutil.which("clang++")} - {None}:
        if scanned_targets(scene, compiler, template, f"-DSLIPS_SDK_DIR={scene.sdk}", asked) is None:
            continue
        for place in (f"-DSDK={scene.sdk}", f"-DCMAKE_PREFIX_PATH={prefix}"):
            # Since policy CMP0155 (3.28) a target is scanned unless its project decides: the SDK leaves that to the user.
            for version, own in {"3.22": set(), "3.28": {"own"}}.items():
                options = [place, f"-DVERSION={version}"]
                found = scanned_targets(scene, compiler, project, *options)
                expect(found == {"scanned"} | own, f"{compiler}, {options}: scans {found}")
                found = scanned_targets(scene, compiler, project, *options, asked)
                expect(found == {"module", "scanned", "own"}, f"{compiler}, {options}, asked to: scans {found}")
                found = scanned_targets(scene, compiler, project, *options, "-DCMAKE_CXX_SCAN_FOR_MODULES=OFF")
                expect(found == {"scanned"}, f"{compiler}, {options}, asked not to: scans {found}")
        for source, option, targets in ((template, f"-DSLIPS_SDK_DIR={scene.sdk}", {"mymodule", "mymodule_test"}),
                                        (template, f"-DCMAKE_PREFIX_PATH={prefix}", {"mymodule", "mymodule_test"}),
                                        (scene.sdk, "-DSLIPS_SDK_INSTALL=OFF", {"slipsdev", "local_connection_detector"})):
            found = scanned_targets(scene, compiler, source, option, asked)
            expect(found and found >= targets, f"{compiler}, {source}, asked to: scans {found}")
            found = scanned_targets(scene, compiler, source, option, "-DCMAKE_CXX_COMPILER_CLANG_SCAN_DEPS=nowhere")
            expect(not found, f"{compiler}, {source}: scans {found}")
            if source is template:
                scene.run(scene.cmake, "--build", scene.folder / "scanned")


def versions(scene):
    """One version everywhere, and find_package accepts the compatible versions."""
    prefix = scene.install_sdk()
    header = (scene.sdk / "include/slips/version.hpp").read_text()
    numbers = re.findall(r"^#define SLIPS_SDK_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)$", header, re.MULTILINE)
    version = re.search(r'^#define SLIPS_SDK_VERSION "(.+)"$', header, re.MULTILINE)[1]
    expect(version == ".".join(numbers), f"version.hpp has {version} and {numbers}")
    changelog = (scene.sdk / "CHANGELOG.md").read_text()
    newest = re.search(r"^## \[(\d+\.\d+\.\d+)\]", changelog, re.MULTILINE)[1]
    expect(newest == version, f"CHANGELOG.md is at {newest}, version.hpp at {version}")

    major, minor, patch = (int(number) for number in numbers)
    good = ["", version, f"{major}.{minor}", f"{version} EXACT", f"{version}...{major + 1}", f"0.0.1...{version}"]
    bad = [f"{major}.{minor}.{patch + 1}", f"{major}.{minor + 1}", f"{major + 1}", f"{version}.1 EXACT",
           f"0.0.1...<{version}", f"{major}.{minor + 1}...{major + 1}"]
    if major == 0:
        good.append("0")
        if minor > 0:
            bad.append(f"0.{minor - 1}")
    source = scene.folder / "version"
    source.mkdir()
    (source / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.22)\nproject(version LANGUAGES CXX)\n" + "".join(
            f"find_package(slips-module-sdk {wanted} QUIET CONFIG)\n"
            f'message("wanted \\"{wanted}\\": ${{slips-module-sdk_FOUND}}")\n'
            for wanted in good + bad))
    printed = scene.run(scene.cmake, "-S", source, "-B", source / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
    for wanted in good + bad:
        answer = f'wanted "{wanted}": {1 if wanted in good else 0}'
        expect(answer in printed.splitlines(), f"expected\n{answer}\nin\n{printed}")


def pkg_config(scene):
    """Only a compiler and pkg-config, without any build system."""
    prefix = scene.install_sdk()
    moved = scene.folder / "moved"
    prefix.rename(moved)
    scene.environment["PKG_CONFIG_PATH"] = os.pathsep.join(
        filter(None, [str(moved / "share" / "pkgconfig"), os.environ.get("PKG_CONFIG_PATH")]))
    flags = scene.run("pkg-config", "--cflags", "--libs", "slips-module-sdk").split()
    templates = Path(scene.run("pkg-config", "--variable=templatesdir", "slips-module-sdk").strip())
    expect((templates / "module" / "module.cpp").is_file(), f"no template in {templates}")
    program = scene.folder / "consumer"
    scene.run(scene.compiler, "-std=c++20", '-DSLIPS_MODULE_NAME="consumer"', CONSUMERS / "module.cpp", "-o", program,
              *flags)
    expect_module(scene, program, "consumer", archive=False)
    for part in filter(lambda part: has_library(scene, part), PARTS):
        flags = scene.run("pkg-config", "--cflags", "--libs", f"slips-module-sdk-{part}").split()
        scene.run(scene.compiler, "-std=c++20", CONSUMERS / f"{part}.cpp", "-o", scene.folder / part, *flags)
    expect_parts(scene, scene.folder)


def separate_compilation(scene):
    """slips::runtime: modules and tests link the compiled implementation, and do not mix with header-only objects."""
    prefix = scene.install_sdk()
    build = scene.build_with_cmake(scene.copy_consumer("separate_compilation"), f"-DCMAKE_PREFIX_PATH={prefix}",
                                   *QUICK_CMAKE)
    separate = {"compiled": True, "header_only": False}
    for part in ("simdjson", "tls"):
        if has_library(scene, part):
            separate[f"with_{part}"] = True
    for name, is_separate in separate.items():
        expect_module(scene, build / name, name, archive=True)
        symbols = scene.run("nm", "-C", build / name)
        expect(("v0_separate" in symbols) == is_separate, f"{name}: separate compilation, or not")
        expect(("simdjson::" in symbols) == (name == "with_simdjson"), f"{name}: the parser")
        tls = scene.run(build / name, "--redis-tls", "--describe", fails=name != "with_tls")
        expect(("built without TLS" in tls) == (name != "with_tls"), f"{name}: {tls}")
    scene.run(build / "harness")
    printed = scene.run(scene.cmake, "--build", build, "--target", "mixed", fails=True)
    expect("has_description" in printed and "undefined" in printed, printed)
    scene.run(scene.cmake, "--build", build, "--target", "unmixed")
    scene.run(build / "unmixed")


def options(scene):
    """Each part of the SDK's own build can be switched off, and the rest is configured without it."""
    for option in ("BUILD_TESTS=OFF", "BUILD_EXAMPLES=OFF", "BUILD_TOOLS=OFF", "INSTALL=OFF", "HEADER_ONLY=ON"):
        scene.run(scene.cmake, "-S", scene.sdk, "-B", scene.folder / option, "-G", "Ninja", f"-DSLIPS_SDK_{option}")


def plain_compiler(scene):
    """A compiler alone: header-only in one command, separate compilation in the two that the documentation shows."""
    shutil.copytree(scene.sdk / "include", scene.folder / "include")
    shutil.copytree(scene.sdk / "src", scene.folder / "src")
    shutil.copytree(scene.sdk / "docs" / "tutorial", scene.folder / "docs" / "tutorial")
    page = (scene.sdk / "docs" / "building.md").read_text()
    lines = [line for line in page.splitlines() if line.startswith("g++ ")]
    expect(len(lines) == 3, lines)
    for line in lines:
        scene.run(scene.compiler, *line.split()[1:])
        if "-lhiredis" in line:
            description = json.loads(scene.run(scene.folder / "greeter", "--describe"))
            expect(description["channels"] == ["new_flow"], description)
            (scene.folder / "greeter").unlink()
    (scene.folder / "empty.cpp").write_text("#include <slips/slips.hpp>\n#include <slips/testing.hpp>\n")
    scene.run(scene.compiler, "-std=c++20", "-O0", "-DSLIPS_SDK_SEPARATE_COMPILATION", "-Iinclude", "-c", "empty.cpp")
    symbols = [line for line in scene.run("nm", "empty.o").splitlines() if re.search(r" [tTwW] ", line)]
    expect(symbols == [], f"the public headers alone leave code in an object: {symbols}")


def meson_subproject(scene):
    """Meson's subprojects/: the parent keeps its targets, tests and install rules."""
    source = scene.copy_consumer("meson_subproject")
    for file in ("module.cpp", *(f"{part}.cpp" for part in PARTS)):
        shutil.copy(CONSUMERS / file, source)
    (source / "subprojects").mkdir()
    (source / "subprojects" / "slips-module-sdk").symlink_to(scene.sdk)
    build = scene.build_with_meson(source, *QUICK_MESON)
    expect_module(scene, build / "consumer", "consumer", archive=True)
    expect_module(scene, build / "plain", "plain", archive=False)
    targets = sorted(target["name"] for target in json.loads(scene.run("meson", "introspect", "--targets", build)))
    others = [name for name in targets if name not in PARTS and not name.startswith("slips_runtime")]
    expect(others == ["consumer", "plain"], f"targets: {targets}")
    expect_parts(scene, build)
    for what in ("--tests", "--installed"):
        expect(not json.loads(scene.run("meson", "introspect", what, build)), f"the SDK brought {what}")


def meson_installs_the_same(scene):
    """Meson installs the same files as CMake, byte for byte."""
    layouts = [
        ("usual", [], []),
        ("other", ["-DCMAKE_INSTALL_INCLUDEDIR=headers", "-DCMAKE_INSTALL_DATADIR=lib/data"],
         ["--includedir=headers", "--datadir=lib/data"])]
    if not scene.run("meson", "--version").startswith("0."):  # older versions keep everything under the prefix
        layouts.append(("absolute", ["-DCMAKE_INSTALL_INCLUDEDIR=/headers"], ["--includedir=/headers"]))
    for layout, cmake_options, meson_options in layouts:
        trees = {}
        for tool in ("cmake", "meson"):
            build = scene.folder / f"{layout}-{tool}"
            trees[tool] = scene.folder / f"{layout}-{tool}-tree"
            scene.environment["DESTDIR"] = str(trees[tool])
            if tool == "cmake":
                scene.run(scene.cmake, "-S", scene.sdk, "-B", build, "-G", "Ninja", "-DCMAKE_INSTALL_PREFIX=/opt/sdk",
                          "-DSLIPS_SDK_BUILD_TESTS=OFF", "-DSLIPS_SDK_BUILD_EXAMPLES=OFF",
                          "-DSLIPS_SDK_BUILD_TOOLS=OFF", *cmake_options)
                scene.run(scene.cmake, "--install", build)
            else:
                scene.run("meson", "setup", build, scene.sdk, "--prefix=/opt/sdk", "-Dtests=disabled",
                          "-Dexamples=disabled", "-Dtools=disabled", *meson_options)
                scene.run("meson", "install", "-C", build)
        lists = {tool: files_under(tree) for tool, tree in trees.items()}
        expect(lists["cmake"] == lists["meson"],
               f"{layout}: by one of them only: {sorted(set(lists['cmake']) ^ set(lists['meson']))}")
        expect(len(lists["cmake"]) > 10, f"{layout}: only {lists['cmake']}")
        for file in lists["cmake"]:
            expect((trees["cmake"] / file).read_bytes() == (trees["meson"] / file).read_bytes(),
                   f"{layout}: {file} is not the same")
            expect(os.access(trees["cmake"] / file, os.X_OK) == os.access(trees["meson"] / file, os.X_OK),
                   f"{layout}: {file} is executable in one of them")


# The copied template: configured, built, tested and run unchanged.

def commands_of_readme(readme, tool):
    """Returns the sh blocks of a README in order, without those below "With <another tool>:"."""
    blocks = re.findall(r"^([^\n]*)\n+```sh\n(.*?)```$", readme, re.MULTILINE | re.DOTALL)
    return [block for above, block in blocks if above in (f"With {tool}:", "") or not above.startswith("With ")]


def template_as_its_readme_says(scene, tool):
    """A copy of the template, built, tested, played to and installed with the commands of its README only."""
    module = scene.copy_template()
    slips = scene.make_slips()
    blocks = commands_of_readme((module / "README.md").read_text(), tool)
    expect(len(blocks) == 4, f"expected to build, accept, play and install, found {blocks}")
    words = {"/path/to/slips-module-sdk": scene.sdk, "/path/to/StratosphereLinuxIPS": slips, "build/NAME": "build/mymodule",
             "slipsdev play": f"{scene.slipsdev} play"}
    printed = ""
    for block in blocks:
        if "slipsdev play" in block and not scene.slipsdev:
            continue
        for word, meaning in words.items():
            block = block.replace(word, str(meaning))
        printed += scene.run("sh", "-ec", block, cwd=module)
    expect(re.search(r"100% tests passed, 0 tests failed out of 2|Ok: +2 ", printed), printed)
    expect("slips: wrote 2 lines to" in printed, printed)
    golden = "data/expected_evidence.jsonl"
    expect((module / golden).read_bytes() == (scene.sdk / "templates" / "module" / golden).read_bytes(),
           f"the template's evidence differs from its {golden}")
    if scene.slipsdev:
        expect((module / "out" / "alerts" / "alerts.log").read_text().count("local device") > 0, "the play yielded no alert")
    expect_module(scene, module / "build" / "mymodule", "mymodule", archive=True)
    expect_plays(scene, module / "build" / "mymodule")
    expect_in_slips(scene, slips, "mymodule")


def template_slipsdev_new(scene):
    """`slipsdev new` creates what `cp -a` does, and it works with edits of text only."""
    (scene.folder / "copied").mkdir()
    copy = scene.copy_template("copied")
    scene.run(scene.slipsdev, "new", "mymodule")
    module = scene.folder / "mymodule"
    expect(files_under(module) == files_under(copy), f"{files_under(module)} instead of {files_under(copy)}")
    for file in files_under(copy):
        expect((module / file).read_bytes() == (copy / file).read_bytes(), f"{file} is not the template's")
        expect(os.access(module / file, os.X_OK) == os.access(copy / file, os.X_OK), f"{file} is executable in one of them")
    source = (module / "module.hpp").read_text()
    edited = source.replace("describes in one line what the module detects", "finds what I look for").replace("Your name", "Me")
    expect(edited != source, "the template has no description and author to edit")
    (module / "module.hpp").write_text(edited)
    build = scene.build_with_cmake(module, f"-DSLIPS_SDK_DIR={scene.sdk}", *QUICK_CMAKE, target="mymodule")
    expect_module(scene, build / "mymodule", "mymodule", archive=True)
    expect("finds what I look for" in scene.run(build / "mymodule", "--describe"), "the description was not edited")
    expect_plays(scene, build / "mymodule")
    scene.run(scene.slipsdev, "new", "my_template", fails=True)
    expect(not (scene.folder / "my_template").exists(), "a module that Slips skips was created")


def template_cmake_checkout(scene):
    """As the README says, and the SDK is optimized like the module."""
    scene.environment["CMAKE_EXPORT_COMPILE_COMMANDS"] = "ON"
    template_as_its_readme_says(scene, "CMake")
    commands = json.loads((scene.folder / "mymodule" / "build" / "compile_commands.json").read_text())
    runtime = [command["command"] for command in commands if command["file"].endswith("/runtime.cpp")]
    expect(runtime and all("-O3" in command for command in runtime), f"not optimized: {runtime}")


def template_finds_a_fault(scene):
    """The template's test fails with a clear message if the module no longer finds what it did."""
    module = scene.copy_template()
    source = (module / "module.hpp").read_text()
    expect(".victim = msg.flow.daddr," in source, "the template names no victim")
    (module / "module.hpp").write_text(source.replace(".victim = msg.flow.daddr,", ""))
    build = module / "build"
    scene.run(scene.cmake, "-S", module, "-B", build, "-G", "Ninja", f"-DSLIPS_SDK_DIR={scene.sdk}", *QUICK_CMAKE)
    scene.run(scene.cmake, "--build", build, "--target", "mymodule_test")
    printed = scene.run(build / "mymodule_test", cwd=module, fails=True)
    for words in ("FAILED: slips: the evidence is not what", "line 1 differs:", 'victim/value: expected "192.168.1.18", found'):
        expect(words in printed, f"{words} is not in\n{printed}")


def tutorial(scene):
    """docs/tutorial.md, followed literally: its commands, its complete code, the files and alerts that it shows."""
    text = (scene.sdk / "docs" / "tutorial.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    commands = [block for language, block in blocks if language == "sh"]
    expect(len(commands) == 4, f"tutorial.md has {len(commands)} blocks of commands: copy, build, build again, play")
    copying, building, building_again, playing = commands
    whole = [block for language, block in blocks if language == "cpp" and "#include" in block][-1]
    (scene.folder / "complete.hpp").write_text(whole)
    (scene.folder / "slips-module-sdk").symlink_to(scene.sdk)
    script = ["set -e", copying, building, "cp ../complete.hpp module.hpp",
              "echo 'using ThisModule = LocalConnectionDetector;' >> module.hpp", building_again]
    if scene.slipsdev:
        at = "../slips-module-sdk/build/bin/slipsdev "
        expect(playing.startswith(at), f"tutorial.md begins to play with {playing}")
        script.append(f"'{scene.slipsdev}' " + playing[len(at):])
    scene.environment["PATH"] = f"{Path(scene.cmake).parent}:{scene.environment['PATH']}"
    scene.environment["CMAKE_BUILD_TYPE"] = "None"  # as in QUICK_CMAKE, where the document gives the commands
    printed = scene.run("sh", "-c", "\n".join(script))
    if scene.slipsdev:
        for line in (scene.sdk / "docs" / "tutorial" / "alerts.current.txt").read_text().splitlines():
            expect(line in printed, f"not seen: {line}\n{printed}")
    module = scene.folder / "local_connection_detector"
    expect("Detected a connection to a local device" in (module / "data/expected_evidence.jsonl").read_text(),
           "the expected evidence is still the template's")
    for shown in re.findall(r"^[├└]─ (\S+)", text, re.MULTILINE):
        expect((module / shown).exists(), f"tutorial.md shows {shown}, which the template does not have")
    expect_module(scene, module / "build" / module.name, module.name)


def template_cmake_installed(scene):
    prefix = scene.install_sdk()
    scene.run("cp", "-a", prefix / "share" / "slips-module-sdk" / "templates" / "module", scene.folder / "mymodule")
    build = scene.build_with_cmake(scene.folder / "mymodule", f"-DCMAKE_PREFIX_PATH={prefix}", *QUICK_CMAKE)
    expect_module(scene, build / "mymodule", "mymodule", archive=True)
    slips = scene.make_slips()
    scene.run(scene.cmake, "--install", build, "--component", "slips-module", "--prefix", slips)
    expect_in_slips(scene, slips, "mymodule")


def template_cmake_subfolder(scene, sdk='add_subdirectory("${SDK}" sdk)', *options, target="all"):
    outer = scene.folder / "outer"
    scene.copy_template("outer", "modules")
    (outer / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.22)\nproject(outer LANGUAGES CXX)\nenable_testing()\n"
        f"{sdk}\nadd_subdirectory(modules/mymodule)\n")
    build = scene.build_with_cmake(outer, *(options or [f"-DSDK={scene.sdk}"]), target=target)
    expect_module(scene, build / "modules" / "mymodule" / "mymodule", "mymodule", archive=True)


def template_cmake_subfolder_installed(scene):
    prefix = scene.install_sdk()
    template_cmake_subfolder(scene, "find_package(slips-module-sdk REQUIRED)", f"-DCMAKE_PREFIX_PATH={prefix}",
                             target="mymodule")


def template_meson_checkout(scene):
    scene.environment["CXX"] = scene.meson_compiler
    template_as_its_readme_says(scene, "Meson")


def template_meson_installed(scene):
    prefix = scene.install_sdk()
    scene.environment["PKG_CONFIG_PATH"] = os.pathsep.join(
        filter(None, [str(prefix / "share" / "pkgconfig"), os.environ.get("PKG_CONFIG_PATH")]))
    slips = scene.make_slips()
    build = scene.build_with_meson(scene.copy_template(), f"-Dslips_root={slips}", *QUICK_MESON)
    expect_module(scene, build / "mymodule", "mymodule", archive=True)
    scene.run("meson", "install", "-C", build, "--tags", "slips-module")
    expect_in_slips(scene, slips, "mymodule")


def template_meson_subproject(scene):
    """A project with the SDK and the module in its subprojects/."""
    (scene.folder / "meson.build").write_text(
        "project('outer', 'cpp', meson_version: '>=0.61')\n"
        "subproject('slips-module-sdk')\nsubproject('mymodule')\n")
    scene.copy_template("subprojects")
    (scene.folder / "subprojects" / "slips-module-sdk").symlink_to(scene.sdk)
    slips = scene.make_slips()
    build = scene.build_with_meson(scene.folder, f"-Dmymodule:slips_root={slips}", *QUICK_MESON)
    expect_module(scene, build / "subprojects" / "mymodule" / "mymodule", "mymodule", archive=True)
    scene.run("meson", "install", "-C", build, "--tags", "slips-module")
    expect_in_slips(scene, slips, "mymodule")


def debian_packages(scene):
    """Installs the two packages of cpack into a folder as a separate root of dpkg: a new user's path with nothing else, from
    a name to a module in Slips; then removes them. Reports how long the path took."""
    scene.run("sh", "-c", 'umask 077; exec "$@"', "sh", Path(scene.cmake).with_name("cpack"), "--config",
              scene.build / "CPackConfig.cmake", "-B", scene.folder / "packages")
    packages = {path.name.split("_")[0]: path for path in (scene.folder / "packages").glob("*.deb")}
    expect(sorted(packages) == ["libslips-module-sdk-dev", "slipsdev"], f"packages: {sorted(packages)}")
    expect(packages["libslips-module-sdk-dev"].name.endswith("_all.deb"), f"{packages['libslips-module-sdk-dev'].name}")
    needs = scene.run("dpkg-deb", "--field", packages["slipsdev"], "Depends")
    expect("redis-server" in needs and "libc6" in needs, f"slipsdev depends on {needs}")
    for name, package in packages.items():
        listed = scene.run("dpkg-deb", "--contents", package).splitlines()
        closed = [line for line in listed if line.startswith("d") and not line.startswith("drwxr-xr-x")]
        expect(not closed, f"folders of {name} that not everybody can read: {closed}")
        expect(any(line.endswith(f"./usr/share/doc/{name}/copyright") for line in listed), f"{name} has no copyright file")

    root = scene.folder / "machine"
    for folder in ("info", "updates"):
        (root / "var/lib/dpkg" / folder).mkdir(parents=True)
    (root / "var/lib/dpkg/status").touch()
    dpkg = ["dpkg", f"--root={root}", "--force-not-root", "--force-depends", "--force-bad-path", "--log=/dev/null"]
    scene.run(*dpkg, "--install", *packages.values())

    # the installed files are complete
    begin = time.monotonic()
    slipsdev = root / "usr/bin/slipsdev"
    module = scene.folder / "mymodule"
    scene.run(slipsdev, "new", "mymodule")
    build = scene.build_with_cmake(module, f"-DCMAKE_PREFIX_PATH={root / 'usr'}", *QUICK_CMAKE)
    expect_module(scene, build / "mymodule", "mymodule", archive=True)
    scene.run(slipsdev, "replay", "--fast", module / "data" / "flows.jsonl", "--output", scene.folder / "out", "--",
              build / "mymodule")
    summary = json.loads((scene.folder / "out" / "summary.json").read_text())
    expect(summary["accepted"] > 0 and summary["refused"] == summary["lost"] == 0, f"played: {summary}")
    slips = scene.make_slips()
    scene.run(scene.cmake, "--install", build, "--component", "slips-module", "--prefix", slips)
    expect_in_slips(scene, slips, "mymodule")
    print(f"from slipsdev new to a module in Slips: {time.monotonic() - begin:.0f} s")

    scene.run(*dpkg, "--purge", *packages)
    left = [file for file in files_under(root) if not file.startswith("var/lib/dpkg/")]
    expect(not left, f"left behind: {left}")


# Into Slips: what cmake/install_into_slips.py does by itself is tested in test_install_into_slips.py.

class CMakeModule:
    """A module that CMake builds and installs."""

    def __init__(self, scene, name, *options, source=None):
        self.scene = scene
        self.build = scene.folder / f"build-{name}"
        scene.run(scene.cmake, "-S", source or scene.quick_module(name), "-B", self.build,
                  *(options or ["-G", "Ninja"]), f"-DSLIPS_SDK_DIR={scene.sdk}",
                  f"-DCMAKE_INSTALL_PREFIX={scene.folder / 'not-asked-for'}")
        scene.run(scene.cmake, "--build", self.build, "--config", "Release", "--target", name)

    def install(self, slips, fails=False, folder="."):
        """Builds in that folder: a larger project installs all of its modules."""
        return self.scene.run(self.scene.cmake, "--install", self.build / folder, "--component", "slips-module",
                              "--prefix", slips, fails=fails)


class MesonModule:
    """A module that Meson builds and installs."""

    def __init__(self, scene, name, *options, source=None):
        self.scene = scene
        self.build = scene.folder / f"build-{name}"
        scene.meson_setup(self.build, source or scene.quick_module(name),
                          *(options or [f"-Dslips_sdk_dir={scene.sdk}", *QUICK_MESON]))
        scene.run("meson", "compile", "-C", self.build)

    def install(self, slips, fails=False):
        self.scene.run("meson", "configure", self.build, f"-Dslips_root={slips}")
        return self.scene.run("meson", "install", "-C", self.build, "--tags", "slips-module", fails=fails)


def expect_installs_into_slips(scene, make_module):
    """Everything that a user may encounter, with either build system."""
    slips = scene.make_slips()
    module = make_module(scene, "mymodule")

    (scene.folder / "elsewhere").mkdir()
    printed = module.install(scene.folder / "elsewhere", fails=True)
    expect(any(f"slips: {scene.folder / 'elsewhere'} is not a folder of Slips (no slips.py" in line
               and "--prefix <the folder of Slips>" in line for line in printed.splitlines()), printed)
    expect(files_under(scene.folder / "elsewhere") == [], "something was written to a folder that is not Slips")

    printed = module.install(slips)
    expect_in_slips(scene, slips, "mymodule")
    expect("warning" not in printed, printed)
    expect(f"-- Installing: {slips / 'modules' / 'mymodule' / 'mymodule.py'}" in printed.splitlines(), printed)
    expect("Slips starts it as mymodule" in printed, printed)

    # Over a running program.
    installed = slips / "modules" / "mymodule" / "mymodule"
    with subprocess.Popen([installed], stdin=subprocess.PIPE) as running:
        module.install(slips)
        expect(running.poll() is None, "the program that ran was stopped")
        running.stdin.close()  # it ends when its input ends
    expect(running.returncode == 0, f"the program that ran ended with {running.returncode}")
    expect_in_slips(scene, slips, "mymodule")

    scene.environment["DESTDIR"] = str(scene.folder / "stage")
    shutil.rmtree(installed.parent)
    module.install(slips)
    del scene.environment["DESTDIR"]
    expect_in_slips(scene, scene.folder / "stage" / slips.relative_to("/"), "mymodule")
    expect(not installed.parent.exists(), "DESTDIR was passed over")

    (slips / "modules" / "twin").mkdir()
    (slips / "modules" / "twin" / "twin.py").write_text("class Twin:\n    name = 'mymodule'\n")
    expect("slips: warning: modules/twin has a module of the same name" in module.install(slips), "no word of the twin")
    for name, warning in {"native_template": 'contains "template", which is disabled',
                          "my_blocking": "while its own feature blocking is off",
                          "arp": "modules/arp/arp.py was not installed by this SDK"}.items():
        printed = make_module(scene, name).install(slips)
        expect(any(line.startswith("slips: warning: ") and warning in line for line in printed.splitlines()), printed)
        expect_in_slips(scene, slips, name)


def into_slips_cmake(scene):
    expect_installs_into_slips(scene, CMakeModule)
    module = CMakeModule(scene, "other")
    scene.run(scene.cmake, "--install", module.build)
    expect(not (scene.folder / "not-asked-for").exists(), "installed without being asked")

    # A relative path counts from the user's current folder, and is stored as an absolute one.
    module.install("Slips")
    expect_in_slips(scene, scene.folder / "Slips", "other")
    manifest = (module.build / "install_manifest_slips-module.txt").read_text().split()
    expect(sorted(manifest) == [f"Slips/modules/other/{file}"
                                for file in ("__init__.py", "other", "other.json", "other.py")], f"manifest: {manifest}")

    # A shell without python3.
    scene.environment["PATH"], path = str(scene.folder), scene.environment["PATH"]
    printed = module.install("Slips", fails=True)
    scene.environment["PATH"] = path
    expect("slips: python3 was not found" in printed, printed)


def into_slips_cmake_generators(scene):
    """The program's path is found without a policy of newer CMake, for each kind of generator."""
    for name, generator in {"made": "Unix Makefiles", "multi": "Ninja Multi-Config"}.items():
        slips = scene.make_slips(f"Slips of {name}")
        source = scene.folder / f"source of {name}"
        source.mkdir()
        shutil.copy(CONSUMERS / "quick.cpp", source)
        (source / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.10)\nproject(old LANGUAGES CXX)\n"
            f'add_subdirectory("${{SLIPS_SDK_DIR}}" sdk)\nslips_add_module({name} quick.cpp)\n')
        CMakeModule(scene, name, "-G", generator, source=source).install(slips)
        expect_in_slips(scene, slips, name)


def into_slips_cmake_built(scene):
    """Installs those modules of a build that were built, and reports the others; none, and it fails."""
    source = scene.folder / "modules"
    for name in ("one", "two", "three"):
        shutil.copytree(scene.quick_module(name), source / name)
    (source / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.22)\nproject(modules LANGUAGES CXX)\nadd_subdirectory(\"${SLIPS_SDK_DIR}\" sdk)\n"
        "add_subdirectory(one)\nadd_subdirectory(two)\nadd_subdirectory(three)\n")
    module = CMakeModule(scene, "two", source=source)
    slips = scene.make_slips()
    printed = module.install(slips)
    expect_in_slips(scene, slips, "two")
    expect(sorted(path.name for path in (slips / "modules").iterdir()) == ["arp", "two"], printed)
    for name in ("one", "three"):
        expect(f"slips: {name} was not built, so it is not installed: no {module.build / name / name}"
               in printed.splitlines(), printed)
    manifest = (module.build / "install_manifest_slips-module.txt").read_text().split()
    expect(len(manifest) == 4, f"manifest: {manifest}")
    expect(f"{module.build / 'one' / 'one'} cannot be run" in module.install(slips, fails=True, folder="one"),
           "the folder has nothing that was built")
    (module.build / "two" / "two").unlink()
    expect("build it first" in module.install(slips, fails=True), "nothing was built")


def into_slips_cmake_cross(scene):
    """A cross-built module is described by CMake's emulator, or by a file beside the program. Here the "other" machine is this
    one, so that no cross compiler is needed."""
    slips = scene.make_slips()
    module = CMakeModule(scene, "emulated", "-DCMAKE_SYSTEM_NAME=Linux",
                         f"-DCMAKE_CROSSCOMPILING_EMULATOR={shutil.which('env')};-u;NOTHING")
    module.install(slips)
    expect_in_slips(scene, slips, "emulated")
    module = CMakeModule(scene, "described", "-DCMAKE_SYSTEM_NAME=Linux")
    program = module.build / "described"
    printed = module.install(slips, fails=True)
    expect(f"slips: cannot read {program}.json" in printed and "run described --describe on the machine" in printed, printed)
    program.with_name("described.json").write_text(scene.run(program, "--describe"))
    module.install(slips)
    expect_in_slips(scene, slips, "described")


def into_slips_cmake_example(scene):
    slips = scene.make_slips()
    CMakeModule(scene, "local_connection_detector", "-G", "Ninja", "-DSLIPS_SDK_BUILD_TESTS=OFF",
                "-DSLIPS_SDK_BUILD_TOOLS=OFF", source=scene.sdk).install(
                    slips, folder="examples/local_connection_detector")
    expect_in_slips(scene, slips, "local_connection_detector")


def expect_copies(scene, slips, copies):
    described = json.loads((slips / "modules" / "mymodule" / "mymodule.json").read_text())
    expect(described.get("copies", 1) == copies, described)


def into_slips_copies(scene):
    """COPIES, or a variable that takes precedence: Slips runs the module as so many processes."""
    slips = scene.make_slips()
    folder = scene.quick_module("mymodule")
    lists = folder / "CMakeLists.txt"
    lists.write_text(lists.read_text().replace("slips_add_module(${module} ", "slips_add_module(${module} COPIES 3 "))
    module = CMakeModule(scene, "mymodule", source=folder)
    module.install(slips)
    expect_copies(scene, slips, 3)
    for copies in ("5", "1"):
        scene.run(scene.cmake, module.build, f"-DSLIPS_MODULE_COPIES={copies}")
        module.install(slips)
        expect_copies(scene, slips, int(copies))
    for wrong in ("0", "65", "-1", "many"):
        printed = " ".join(scene.run(scene.cmake, module.build, f"-DSLIPS_MODULE_COPIES={wrong}", fails=True).split())
        expect(f'slips: mymodule: COPIES "{wrong}" is not a number of processes, 1 to 64' in printed, printed)


def into_slips_copies_meson(scene):
    """The template's option for Meson."""
    slips = scene.make_slips()
    module = MesonModule(scene, "mymodule")
    scene.run("meson", "configure", module.build, "-Dslips_module_copies=3")
    module.install(slips)
    expect_copies(scene, slips, 3)


def into_slips_meson(scene):
    expect_installs_into_slips(scene, MesonModule)
    module = MesonModule(scene, "other", f"-Dslips_sdk_dir={os.path.relpath(scene.sdk, scene.folder / 'other')}",
                         *QUICK_MESON)
    scene.run("meson", "install", "-C", module.build)  # slips_root is empty
    module.install("../Slips")
    expect_in_slips(scene, scene.folder / "Slips", "other")


def into_slips_meson_cross(scene):
    """As into_slips_cmake_cross: Meson's exe_wrapper describes a cross-built module, or a file beside the program."""
    slips = scene.make_slips()
    for name, wrapper in {"emulated": f"exe_wrapper = ['{shutil.which('env')}', '-u', 'NOTHING']\n", "described": ""}.items():
        (scene.folder / f"{name}.ini").write_text(
            f"[binaries]\ncpp = {scene.meson_compiler.split()}\npkgconfig = 'pkg-config'\n{wrapper}[properties]\n"
            "needs_exe_wrapper = true\n[host_machine]\nsystem = 'linux'\ncpu_family = 'x86_64'\ncpu = 'x86_64'\n"
            "endian = 'little'\n")
        module = MesonModule(scene, name, f"-Dslips_sdk_dir={scene.sdk}", *QUICK_MESON, "--cross-file",
                             scene.folder / f"{name}.ini")
        if not wrapper:
            expect("run described --describe on the machine" in module.install(slips, fails=True), "described by nothing")
            (module.build / "described.json").write_text(scene.run(module.build / name, "--describe"))
        module.install(slips)
        expect_in_slips(scene, slips, name)


def into_slips_meson_example(scene):
    slips = scene.make_slips()
    MesonModule(scene, "local_connection_detector", *QUICK_MESON, "-Dtests=disabled", "-Dtools=disabled",
                source=scene.sdk).install(slips)
    expect_in_slips(scene, slips, "local_connection_detector")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("case")
    parser.add_argument("--source-dir", required=True)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--cmake", required=True)
    parser.add_argument("--slipsdev")
    parser.add_argument("--build-dir", help="where the SDK is built")
    parser.add_argument("--launcher")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="slips-sdk-") as folder:
        try:
            globals()[arguments.case](Scene(arguments, os.path.realpath(folder)))
        except AssertionError as error:
            sys.exit(f"packaging.{arguments.case}: {error}")


if __name__ == "__main__":
    main()
