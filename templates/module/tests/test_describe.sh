#!/bin/sh
# Needs neither Slips nor Redis: asks the program what it is.
#
# usage: test_describe.sh PROGRAM NAME
set -eu
program=$1
name=$2

description=$("$program" --describe | tr -d ' \n\t')

# expect TEXT MEANING: TEXT must be part of what the program says of itself, written without blanks.
expect() {
    case $description in
        *"$1"*) ;;
        *)
            printf 'FAILED: %s\n  looked for: %s\n  in:         %s\n' "$2" "$1" "$description" >&2
            exit 1
            ;;
    esac
}

expect "\"name\":\"$name\"" "the module is called as its folder is"
expect '"new_flow"' "it listens to new_flow"
echo "ok: $name describes itself"
