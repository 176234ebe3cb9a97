#!/bin/sh
# deb: the Debian package builds from what git knows, lintian finds no error in it,
# and what is in it is what the package is meant to have.
#
#	deb.sh              the test
#	deb.sh build DIR    only the package, in DIR
#
# Nothing is installed: the package is unpacked into a directory and looked at.
set -u
top=${AIRLOCK_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM HUP
bad=0

# result NAME FILE: a case that failed when FILE has a line.
result()
{
	if [ -s "$2" ]; then
		echo "not ok - $1: $(tail -n 1 "$2")"
		sed 's/^/# /' "$2" | tail -n 30
		bad=1
	else
		echo "ok - $1"
	fi
	: >"$T/problem"
}

# Tracked files, as they are now: a commit is not needed to try a change.
copy()
{
	mkdir "$T/airlock" && cd "$top" && git ls-files -z --cached --others --exclude-standard |
		tar -c --null --ignore-failed-read -T - 2>/dev/null | tar -x -C "$T/airlock"
}

build()
{
	(cd "$T/airlock" && DEB_BUILD_OPTIONS='nocheck parallel=2 noautodbgsym' dpkg-buildpackage -us -uc -b) \
		>"$T/build.log" 2>&1 </dev/null
}

if ! copy 2>"$T/copy.log"; then
	result "copy of the sources" "$T/copy.log"
	exit 1
fi
if [ "${1:-}" = build ]; then
	if ! build; then
		tail -n 30 "$T/build.log" >&2
		exit 1
	fi
	mkdir -p "$2" && cp "$T"/airlock_* "$2/" && ls "$2"/*.deb
	exit
fi
if build; then
	: >"$T/problem"
else
	cp "$T/build.log" "$T/problem"
fi
result "dpkg-buildpackage" "$T/problem"
[ $bad -eq 0 ] || exit 1

lintian --allow-root --fail-on error "$T"/airlock_*.changes >"$T/lintian.log" 2>&1
grep -E '^(E|error):' "$T/lintian.log" >"$T/problem"
result "lintian has no error" "$T/problem"
grep '^W:' "$T/lintian.log" >"$T/problem"
result "lintian has no warning" "$T/problem"

dpkg-deb -x "$T"/airlock_*.deb "$T/root" && dpkg-deb -e "$T"/airlock_*.deb "$T/DEBIAN"
(cd "$T/root" && find . -type f -o -type l) | sed 's|^\./|/|' | sort >"$T/files"
diff "$top/test/golden/package/deb.files" "$T/files" >"$T/problem" 2>&1
result "files of the package" "$T/problem"

# It runs from where it is: the parts of the program are named by their installed paths.
"$T/root/usr/sbin/airlock" version 2>&1 | grep -qx 'airlock [0-9.]*' || echo "it does not run" >"$T/problem"
result "the program starts" "$T/problem"
"$T/root/usr/sbin/airlock" -c "$T/root/usr/share/doc/airlock/examples/airlock.conf" list >"$T/list" 2>&1 ||
	cp "$T/list" "$T/problem"
result "the sample is valid" "$T/problem"
for f in preinst postinst prerm postrm; do
	[ ! -e "$T/DEBIAN/$f" ] || sh -n "$T/DEBIAN/$f" 2>>"$T/problem"
done
grep -q 'setup --undo' "$T/DEBIAN/prerm" || echo "prerm does not undo setup" >>"$T/problem"
# With this word it only renews what the administrator enabled.
grep -q 'deb-systemd-helper debian-installed' "$T/DEBIAN/postinst" ||
	echo "installing enables it" >>"$T/problem"
! grep -q 'deb-systemd-invoke.*start' "$T/DEBIAN/postinst" || echo "installing starts it" >>"$T/problem"
result "scripts of the package" "$T/problem"
exit $bad
