#!/bin/sh
# Checks what the program prints for --describe. Needs neither Slips nor Redis.
#
# usage: test_describe.sh PROGRAM NAME
set -eu
program=$1
name=$2

description=$("$program" --describe | tr -d ' \n\t')

# expect TEXT MEANING: fails unless the description, without its blanks, contains TEXT.
expect() {
    case $description in
        *"$1"*) ;;
        *)
            printf 'FAILED: %s\n  expected: %s\n  in:       %s\n' "$2" "$1" "$description" >&2
            exit 1
            ;;
    esac
}

expect "\"name\":\"$name\"" "the module has the name of its folder"
expect '"channels":[' "it names its channels"
echo "ok: $name describes itself"
