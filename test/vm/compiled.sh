#!/bin/sh
# compiled: an image whose own programs were compiled when it was made, by clang and lld
# with a musl from the archive, as it is done on FreeBSD.
set -u
: "${AIRLOCK_TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${AIRLOCK_BUILD:=$AIRLOCK_TOP/build}" "${AIRLOCK_CACHE:=$AIRLOCK_BUILD/cache}"
made=$AIRLOCK_BUILD/images-compiled
AIRLOCK_STORE=$made/store
export AIRLOCK_STORE

# make_image NAME CONF: with a compiler that has kept nothing; its lines in made/NAME.log.
make_image()
{
	rm -rf "$AIRLOCK_CACHE/guest"
	"$AIRLOCK_BUILD/src/cli/airlock" -c "$2" image build --compile --store "$made/$1" \
		--cache "$AIRLOCK_CACHE" >"$made/$1.log" 2>&1
	echo $? >"$made/$1.status"
}

# Outside of the namespaces, where the archive can be reached: once as in the build tree,
# once from sources that are installed.
if [ -z "${AIRLOCK_INSIDE:-}" ] && [ "$(id -u)" = 0 ]; then
	rm -rf "$made"
	mkdir -p "$made"
	DESTDIR=$made/installed meson install -C "$AIRLOCK_BUILD" --no-rebuild >"$made/install.log" 2>&1
	list=$(find "$made/installed" -name sources.conf)
	printf 'radio = "simulated";\nimage { sources = "%s"; }\n' "$list" >"$made/installed.conf"
	make_image store "$AIRLOCK_TOP/test/lib/demo.conf"
	make_image again "$made/installed.conf"
fi
# shellcheck source=test/vm/lib.sh
. "$(dirname "$0")/lib.sh"

is_made()
{
	for store in store again; do
		[ "$(cat "$made/$store.status")" = 0 ] || { cat "$made/$store.log"; return 1; }
	done
	grep -q '"compiler": ".*clang' "$made/store/current/manifest.json"
	grep -q '"name": "musl-dev"' "$made/store/current/manifest.json"
}

# Sources elsewhere, compiled again: the same image.
is_the_same_from_anywhere()
{
	is "$(readlink "$made/again/current")" "$(readlink "$made/store/current")"
}

# PID 1 needs nobody, and does not tell who compiled it, nor where.
has_no_interpreter_and_no_paths()
{
	mkdir -p "$T/initrd"
	(cd "$T/initrd" && cpio --quiet -id init <"$made/store/current/initrd")
	readelf -lW "$T/initrd/init" >"$T/elf"
	grep -q LOAD "$T/elf"
	! grep -Eq 'INTERP|DYNAMIC' "$T/elf" || { cat "$T/elf"; return 1; }
	strings -a "$T/initrd/init" >"$T/strings"
	! grep -F -e "$AIRLOCK_TOP" -e "$AIRLOCK_CACHE" -e "$made" -e clang -e LLD "$T/strings" || return 1
	! readelf -SW "$T/initrd/init" | grep -E 'build-id|debug|symtab' || return 1
}

comes_online()
{
	start
	is "$(field network.ssid)" airlock-wpa3
	ping -c 2 -W 2 "$WEB"
	fetch "$WEB" | grep -q 'a page of the world'
}

doctor_knows_it()
{
	airlock doctor >"$T/doctor" 2>&1 || true
	grep -Eq 'image [0-9a-f]{12}, Linux .*, of this airlock' "$T/doctor" || { cat "$T/doctor"; return 1; }
}

stops()
{
	stop
}

configure
networks "$wpa3"
tcase is_made
tcase is_the_same_from_anywhere
tcase has_no_interpreter_and_no_paths
tcase doctor_knows_it
tcase comes_online
tcase stops
finish
