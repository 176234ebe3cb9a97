#!/bin/sh
# compile: all that FreeBSD builds, built for it with warnings as errors, and linked.
#
#	compile.sh
#
# The compiler is Zig's, which brings FreeBSD's own headers and what is needed to link
# against its libc; it comes from PyPI into an environment of its own in the cache.
# meson says what there is to build, as it does on FreeBSD; test/lib/freebsd_sysroot.sh stands in for
# libraries.  Linking is part of it: what has a Linux half only is missing there.
#
# AIRLOCK_ZIG may name a Python that has the package already.
#
# Prints "ok - freebsd: file" for each source and program, or "not ok - freebsd: file: why".
set -u
cd "$(dirname "$0")/../.." || exit 1
zig=0.17.1
top=$PWD
work=$(realpath -m "${AIRLOCK_BUILD:-build}")/freebsd
cache=$(realpath -m "${AIRLOCK_CACHE:-$work/cache}")
python=${AIRLOCK_ZIG:-$cache/zig-$zig/bin/python}
mkdir -p "$work"

skip()
{
	echo "ok - freebsd # SKIP $1"
	exit 0
}

# ---------------------------------------------------------------- the compiler

if ! "$python" -m ziglang version >/dev/null 2>&1; then
	rm -rf "$cache/zig-$zig"
	python3 -m venv "$cache/zig-$zig" >"$work/venv.log" 2>&1 ||
		skip "there is no python3 -m venv (Debian: python3-venv)"
	"$python" -m pip install --quiet "ziglang==$zig" >>"$work/venv.log" 2>&1 ||
		skip "Zig's compiler cannot be installed: $(tail -n 1 "$work/venv.log")"
fi
export ZIG_GLOBAL_CACHE_DIR="$cache/zig-cache" ZIG_LOCAL_CACHE_DIR="$cache/zig-cache"

# ------------------------------------------------------------------- the build

# Anew when the stand-ins or the compiler are others.
mark="$python $(cat test/lib/freebsd_sysroot.sh test/freebsd/include/*.h | cksum)"
if [ "$(cat "$work/mark" 2>/dev/null)" != "$mark" ]; then
	rm -rf "$work/sysroot" "$work/build"
	if ! sh test/lib/freebsd_sysroot.sh "$work/sysroot" "$python" >"$work/sysroot.log" 2>&1; then
		echo "not ok - freebsd: the stand-ins for libraries: $(tail -n 1 "$work/sysroot.log")"
		exit 1
	fi
	if ! meson setup --cross-file "$work/sysroot/cross.ini" "$work/build" >"$work/setup.log" 2>&1; then
		echo "not ok - freebsd: meson setup: $(grep ERROR "$work/setup.log" | head -n 1)"
		exit 1
	fi
	echo "$mark" >"$work/mark"
fi
ninja -k 0 -C "$work/build" >"$work/build.log" 2>&1
status=$?

# ------------------------------------------------------------------ the report

# What could not be made, by what ninja would make now.
ninja -n -C "$work/build" 2>/dev/null |
	sed -n 's/^\[[0-9/]*\] \(Compiling C object\|Linking target\) //p' >"$work/left"

# why TARGET: its first error.
why()
{
	awk -v target="FAILED: $1" '
		index($0, target) == 1 { in_it = 1; next }
		in_it && /error:/ { sub(/^[.\/]*/, ""); print; exit }
		in_it && /^(FAILED|\[)/ { exit }' "$work/build.log" | grep . ||
		echo "something that it needs was not built"
}

# "source object" of each; a source that is in several programs is named once.
sed -n 's/^ *"file": "[./]*\(.*\)",$/\1/p; s/^ *"output": "\(.*\)"$/\1/p' \
	"$work/build/compile_commands.json" | paste -d ' ' - - | sort >"$work/sources"
bad=0
before=
while read -r source object; do
	[ "$source" != "$before" ] || continue
	if grep -qxF "$object" "$work/left"; then
		echo "not ok - freebsd: $source: $(why "$object")"
		bad=1
	else
		echo "ok - freebsd: $source"
	fi
	before=$source
done <"$work/sources"
ninja -C "$work/build" -t targets rule c_LINKER >"$work/programs"
while read -r program; do
	if grep -qxF "$program" "$work/left"; then
		echo "not ok - freebsd: $program: $(why "$program")"
		bad=1
	else
		echo "ok - freebsd: $program is linked"
	fi
done <"$work/programs"
[ $status -eq 0 ] || [ $bad -eq 1 ] || {
	echo "not ok - freebsd: ninja: $(tail -n 1 "$work/build.log")"
	bad=1
}

# What meson takes on FreeBSD 13 only.
for source in src/load/vcpu_v1.c src/daemon/clock_none.c; do
	if "$work/sysroot/cc" -std=gnu11 -Wall -Wextra -Wno-unused-parameter -Werror -iquote src \
		-isystem test/freebsd/13 -isystem "$work/sysroot/include" \
		-c -o "$work/13.o" "$source" >"$work/13.log" 2>&1; then
		echo "ok - freebsd: $source (13)"
	else
		echo "not ok - freebsd: $source (13): $(grep error: "$work/13.log" | head -n 1)"
		bad=1
	fi
done
# What is FreeBSD's and nobody compiles is an error, too.
for source in $(git ls-files 'src/*freebsd*.c' 'src/load/*.c' 2>/dev/null); do
	case $source in
	*/vcpu_v1.c) continue ;;
	esac
	grep -q "^$source " "$work/sources" || {
		echo "not ok - freebsd: $source is in no meson.build"
		bad=1
	}
done
exit $bad
