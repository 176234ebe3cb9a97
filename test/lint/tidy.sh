#!/bin/sh
# tidy: clang-tidy over every source of the programs, by the rules of .clang-tidy.
# The tests, which copy and compare as they like, run under the sanitizers instead.
set -u
cd "${AIRLOCK_TOP:-$(dirname "$0")/../..}" || exit 1
build=${AIRLOCK_BUILD:-$PWD/build}
if [ ! -f "$build/compile_commands.json" ]; then
	echo "not ok - there is no build in $build: make"
	exit 1
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Those that FreeBSD alone builds want its headers.
sources=$(git ls-files 'src/*.c' ':!src/*freebsd*' ':!src/load/*')
if echo "$sources" | xargs -P "$(nproc)" -n 4 clang-tidy -quiet -p "$build" >"$log" 2>/dev/null; then
	echo "ok - clang-tidy finds nothing in $(echo "$sources" | wc -l) files"
else
	echo "not ok - clang-tidy: $(grep -cE ' (error|warning): ' "$log") findings"
	grep -E ' (error|warning): ' "$log" | sort -u | head -n 30 | sed "s,$PWD/,,;s/^/# /"
	exit 1
fi
