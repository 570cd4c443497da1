#!/usr/bin/env python3
"""Installs a module built with this SDK into a folder of Slips, where Slips finds and starts it.

usage: install_into_slips.py [--destdir D] [--launcher FOLDER] [--copies N] [--emulator COMMAND | --description FILE] PROGRAM SLIPS_ROOT

Writes SLIPS_ROOT/modules/<name>/, where <name> is PROGRAM's file name: the program; <name>.json, the output of
--describe; __init__.py, which registers the module with Slips; and <name>.py, the launcher that Slips imports. Run by
`cmake --install build --component slips-module --prefix SLIPS_ROOT` and `meson install --tags slips-module`.

With --copies, the launcher runs the module as so many processes, which share the profiles: "copies" in <name>.json.

A program built for another machine runs with the emulator, a list with semicolons ("qemu-aarch64;-L;FOLDER"); without one,
FILE contains what PROGRAM --describe printed on its own machine.

On failure it exits with status 1 and prints one line on stderr. Nothing was written then, unless that line reports that a
file could not be written. With --destdir, or DESTDIR in the environment, Slips may be there or in SLIPS_ROOT itself.
"""
import argparse
import configparser
import errno
import json
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

DEFAULT_LAUNCHER = Path(__file__).resolve().parent.parent / "launcher"
DESCRIBE_SECONDS = 15
MOST_COPIES = 64  # of the launcher

# Names that Slips disables while the feature is not in use.
FEATURES = {
    "current": ["exporting_alerts", "p2p_trust", "fides", "iris", "cesnet", "blocking", "arp_poisoner",
                "leak_detector", "cyst"],
    "legacy": ["exporting_alerts", "p2ptrust", "CESNET", "blocking", "leak_detector"],
}


class Refused(Exception):
    """Why nothing was installed, in one line."""


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].splitlines()[0])
    parser.add_argument("--destdir", default=os.environ.get("DESTDIR", ""))
    parser.add_argument("--launcher", type=Path, default=DEFAULT_LAUNCHER)
    parser.add_argument("--copies", default="1")
    described = parser.add_mutually_exclusive_group()
    described.add_argument("--emulator", default="")
    described.add_argument("--description", type=Path)
    parser.add_argument("program", metavar="PROGRAM", type=Path)
    parser.add_argument("slips_root", metavar="SLIPS_ROOT", type=Path)
    arguments = parser.parse_args()
    print_through_meson()
    sys.stdout.reconfigure(errors="backslashreplace")  # a path may contain what the terminal cannot show
    try:
        install(arguments, Path(os.path.abspath(arguments.slips_root)))
    except Refused as reason:
        sys.exit(f"slips: {reason}")
    except OSError as error:
        sys.exit(f"slips: {error.filename}: {error.strerror}; nothing was installed")


def install(arguments, root):
    program, destdir, launcher = arguments.program, arguments.destdir, arguments.launcher
    target_root = Path(os.path.abspath(destdir), *root.parts[1:]) if destdir else root
    slips = find_slips(target_root, root)
    name = folder_name(program)
    description = read_description(program, arguments.description) if arguments.description else \
        describe(program, list(filter(None, arguments.emulator.split(";"))))
    module = json.loads(description)["name"]
    copies = number_of_copies(arguments.copies)
    if copies > 1:
        description = (json.dumps({**json.loads(description), "copies": copies}, ensure_ascii=False) + "\n").encode()

    skipped = False
    for warning, always in skip_warnings(slips, name, module):
        warn(warning)
        skipped = skipped or always
    for warning in replace_warnings(slips, name, module):
        warn(warning)

    incomplete = "the SDK is not complete; name the folder of its launcher with --launcher"
    put(target_root / "modules" / name, {
        # Slips imports the last of these, and starts nothing until it exists.
        name: (read(program, "build it first"), 0o755),
        f"{name}.json": (description, 0o644),
        "__init__.py": (read(launcher / "slips_package.py", incomplete), 0o644),
        f"{name}.py": (read(launcher / "slips_module.py", incomplete), 0o644),
    })
    print(f"Slips does not start a module of this name, see the warnings above: {root}" if skipped else
          f"Slips starts it as {module} at its next start: cd {root} && ./slips.py ...")


# Checks that refuse the installation.

def find_slips(*places):
    """Returns the first of the folders that is Slips' own."""
    missing = {}
    for place in places:
        missing[place] = [what for what in ("slips.py", "modules/", "slips_files/")
                          if not ((place / what).is_dir() if what.endswith("/") else (place / what).is_file())]
        if not missing[place]:
            return place
    raise Refused(" and ".join(f"{place} is not a folder of Slips (no {', '.join(what)})"
                               for place, what in missing.items())
                  + "; name the one that holds slips.py: --prefix <the folder of Slips>, with Meson -Dslips_root=")


def folder_name(program):
    """Returns the name of folder and file. Almost any name works, because Slips imports modules by a string."""
    name = program.name
    if "." in name or name in ("", "__init__") or not name.isprintable():
        raise Refused(f"a module's program cannot be called {json.dumps(name)}: Slips cannot import a file of that "
                      "name; use letters, digits, _ and -")
    return name


def number_of_copies(text):
    if not re.fullmatch("[0-9]{1,3}", text) or not 1 <= int(text) <= MOST_COPIES:
        raise Refused(f"--copies {text}: a module runs as 1 to {MOST_COPIES} processes")
    return int(text)


def describe(program, emulator):
    """Returns what the program prints for --describe, as bytes: a JSON object with a name."""
    status, out, err = run(program, emulator)
    if status != 0:
        lines = err.decode(errors="replace").strip().splitlines() or ["it printed no reason"]
        how = f"ended with status {status}" if status > 0 else f"was ended by signal {-status}"
        raise Refused(f"{program} --describe {how}: {lines[-1]}")
    if not is_description(out):
        raise Refused(f"{program} --describe did not print one JSON object with a name, so it is not a module of "
                      "this SDK, or prints something else when it starts")
    return out


def read_description(program, file):
    """Returns the contents of a file that the program's --describe printed, as bytes."""
    read(program, "build it first")
    how = f"run {program.name} --describe on the machine it is built for, and write what it prints to {file}"
    out = read(file, how)
    if not is_description(out):
        raise Refused(f"{file} is not one JSON object with a name; {how}")
    if file.stat().st_mtime < program.stat().st_mtime:
        raise Refused(f"{file} is older than {program}, which may describe itself differently now; {how}")
    return out


def is_description(text):
    try:
        name = json.loads(text.decode())["name"]
    except (ValueError, KeyError, TypeError):
        return False
    return isinstance(name, str) and name != ""


def run(program, emulator):
    """Returns exit status, stdout and stderr of PROGRAM --describe."""
    if emulator:
        read(program, "build it first")
    # Files, not pipes: a child of the program could keep a pipe open.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            process = subprocess.Popen([*emulator, os.path.abspath(program), "--describe"], stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=err, start_new_session=True)
        except OSError as error:
            advice = "; build it first, for this machine"
            if error.errno == errno.ENOEXEC:
                advice = "; it is built for another machine: set CMAKE_CROSSCOMPILING_EMULATOR, or name a --description"
            raise Refused(f"{' '.join([*emulator[:1], str(program)])} cannot be run: {error.strerror}{advice}") from None
        try:
            process.wait(DESCRIBE_SECONDS)
        except subprocess.TimeoutExpired:
            raise Refused(f"{program} --describe did not answer within {DESCRIBE_SECONDS} seconds, so it is not a "
                          "module of this SDK, or waits for something when it starts") from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        for file in (out, err):
            file.seek(0)
        return process.returncode, out.read(1 << 20), err.read(1 << 20)


def read(file, advice):
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refused(f"cannot read {file}: {error.strerror}; {advice}") from None


# Warnings.

def warn(line):
    print(f"slips: warning: {line}", file=sys.stderr, flush=True)


def skip_warnings(slips, name, module):
    """Yields (why Slips will skip modules/<name>, whether always), by the rule of each generation."""
    path = f"modules.{name}.{name}"
    if (slips / "VERSION").exists():
        generation, place, disabled = "current", "modules.disable in config/slips.yaml", disabled_current(slips)

        def matches(entry):
            return plain(entry.replace(" ", "")) in plain(path)
        if module in ("imodule", "iasync_module"):
            yield f"Slips skips {module}, because one of its own base classes has that name: change info.name", True
    else:
        generation, place, disabled = "legacy", "[modules] disable in slips.conf", disabled_legacy(slips)

        def matches(entry):
            return entry in path or entry == module
    for entry in filter(matches, disabled):
        yield (f'Slips skips {name}, because its name contains "{entry}", which is disabled ({place}): '
               "give the module another name"), True
    for entry in filter(matches, FEATURES[generation]):
        yield (f'Slips skips {name} while its own feature {entry} is off, because the name contains "{entry}": '
               "give the module another name"), False


def plain(text):
    return text.replace("_", "").replace("-", "").lower()


def disabled_current(slips):
    try:
        value = yaml_value((slips / "config" / "slips.yaml").read_text(errors="replace"), "modules", "disable")
    except OSError:
        value = None
    if value is None:
        return ["template"]  # Slips' default
    if value.startswith("["):
        entries = value[1:].split("]")[0].split(",")
    elif value.startswith("- "):
        entries = re.findall(r"^[ \t]*-[ \t]+(.*)$", value, re.MULTILINE)
    else:
        entries = [value]
    return [entry.strip().strip("\"'") for entry in entries if entry.strip()]


def yaml_value(text, section, key):
    """Returns the value of section.key, without comments; None if there is none. Needs no YAML library, and so only reads
    the usual forms."""
    text = "\n".join(re.sub(r"(^|[ \t])#.*", "", line).rstrip() for line in text.splitlines()) + "\n"
    block = re.search(rf"^{section}[ \t]*:\n((?:[ \t]+.*\n|\n)*)", text, re.MULTILINE)
    found = block and re.search(rf"^[ \t]+{key}[ \t]*:((?:.*\n)(?:(?![ \t]*[\w-]+[ \t]*:).*\n)*)", block[1], re.MULTILINE)
    return found[1].strip() if found else None


def disabled_legacy(slips):
    """Reads and splits the value as Slips does. An empty entry is contained in every name."""
    config = configparser.ConfigParser(interpolation=None)
    try:
        config.read(slips / "slips.conf")
    except (configparser.Error, UnicodeDecodeError):
        return []
    value = config.get("modules", "disable", fallback="")
    return re.sub(r"[\[\] ]", "", value).split(",") if value else []


def replace_warnings(slips, name, module):
    """Yields a warning for each module of Slips that this one replaces."""
    if (slips / "modules" / name / f"{name}.py").exists() and native_name(slips / "modules" / name) is None:
        yield (f"modules/{name}/{name}.py was not installed by this SDK and is replaced; if it was a module of Slips, "
               "give yours another name and restore the file")
    for folder in sorted((slips / "modules").iterdir()):
        if folder.name != name and module in module_names(folder):
            yield (f"modules/{folder.name} has a module of the same name, {module}; Slips starts only one of them: "
                   "change info.name, or remove that folder")


def module_names(folder):
    """Returns the names that Slips knows the modules in a folder of modules/ by, as far as its source shows them."""
    native = native_name(folder)
    if native is not None:
        return [native]
    try:
        source = (folder / f"{folder.name}.py").read_text(errors="replace")
    except OSError:
        return []
    return [match[2] for match in re.finditer(r"^[ \t]+name\s*(?::.*)?=\s*([\"'])(.*?)\1", source, re.MULTILINE)]


def native_name(folder):
    """Returns the name of a module that this SDK installed; None for any other."""
    try:
        described = json.loads((folder / f"{folder.name}.json").read_text())
        return described["name"] if "sdk" in described else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


# Writing.

def put(folder, files):
    """Writes the files, each with its mode."""
    path = folder
    try:
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(0o755)  # independent of root's umask: Slips may run as another user
        for name, (content, mode) in files.items():
            path = folder / name
            replace(path, content, mode)
            report("Installing", path)
    except OSError as error:
        advice = "; install as a user who may write there" if isinstance(error, PermissionError) else ""
        raise Refused(f"cannot write {path}: {error.strerror}{advice}") from None


def replace(path, content, mode):
    """Replaces the file in one step, so that the program may be running, and Slips never reads half a file."""
    # Not named *.py, because a Slips that starts now would import it.
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def report(what, path):
    if "MESON_INSTALL_QUIET" not in os.environ:
        print(f"-- {what}: {path}", flush=True)


def print_through_meson():
    """Meson 0.57 to 1.0 hides what an install script prints unless it fails, including warnings. Prints to Meson's own
    stdout and stderr instead."""
    if "MESON_INSTALL_PREFIX" not in os.environ:
        return
    for ours in (1, 2):
        try:
            theirs = os.open(f"/proc/{os.getppid()}/fd/{ours}", os.O_WRONLY | os.O_APPEND | os.O_NOCTTY)
        except OSError:
            continue
        # Not if it is a file: Meson would overwrite what is appended.
        if not stat.S_ISREG(os.fstat(theirs).st_mode):
            os.dup2(theirs, ours)
        os.close(theirs)


if __name__ == "__main__":
    main()
