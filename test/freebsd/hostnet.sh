#!/bin/sh
#
# hostnet on a real FreeBSD: every operation applied, looked at from outside, and undone
# exactly; crashes, hostile frames, hosts that lack something.
#
#     hostnet.sh [TOOL [CASE]]    TOOL is hostnet_tool, by default that of the build
#
# Each case of hostnet_cases.sh runs in a jail with a network stack of its own (vnet),
# over this system's files, with an /etc, a /var/run and a /mnt of its own, and prints
# "ok - hostnet: case" or "not ok - hostnet: case: why".  Nothing of this machine's own
# network is touched.  Wants root, nullfs, tmpfs and vnet.

set -u

# ------------------------------------------------------------- outside: one jail a case

in_jail() {
	root=$dir/root
	jail=airlock-test-$$
	mkdir "$root"
	trap tear_down EXIT
	mount -t nullfs -o ro / "$root" && mount -t devfs devfs "$root/dev" || return
	for i in etc var/run mnt; do
		mount -t tmpfs tmpfs "$root/$i" || return
	done
	cp -Rp /etc/ "$root/etc"
	cp "$here/hostnet.sh" "$here/hostnet_cases.sh" "$words" "$tool" "$root/mnt"
	jail -c name="$jail" path="$root" vnet allow.raw_sockets mount.nodevfs \
		command=/bin/sh /mnt/hostnet.sh inside "$1"
}

tear_down() {
	jail -r "$jail" 2>/dev/null
	for i in etc var/run mnt dev; do
		umount -f "$root/$i" 2>/dev/null
	done
	umount -f "$root" 2>/dev/null
}

if [ "${1-}" != inside ]; then
	here=$(dirname "$(readlink -f "$0")")
	words=$here/../netns/lib.sh
	# Beside this file, where only what is needed was brought here.
	[ -f "$words" ] || words=$here/lib.sh
	tool=$(readlink -f "${1:-${AIRLOCK_BUILD:-build}/test/netns/hostnet_tool}")
	if [ "$(uname)" != FreeBSD ] || [ "$(id -u)" -ne 0 ]; then
		echo "ok - hostnet # SKIP needs FreeBSD and root"
		exit 0
	fi
	bad=0
	# The names have no blanks.
	# shellcheck disable=SC2013
	for name in $(sed -n 's/^case_\([a-z0-9_]*\)() {.*/\1/p' "$here/hostnet_cases.sh"); do
		[ $# -lt 2 ] || [ "$2" = "$name" ] || continue
		dir=$(mktemp -d "${TMPDIR:-/tmp}/airlock-hostnet-XXXXXX")
		why=$(in_jail "$name" 2>&1)
		# shellcheck disable=SC2181
		if [ $? -eq 0 ]; then
			echo "ok - hostnet: $name${why:+ # $why}"
		else
			echo "not ok - hostnet: $name: $(echo "$why" | tail -n 20)"
			bad=1
		fi
		rmdir "$dir/root" "$dir"
	done
	exit $bad
fi

# ------------------------------------------------------------------------- inside

case_name=$2
dir=/mnt
tool=/mnt/hostnet_tool
run=$dir/run
state=$dir/state

# shellcheck disable=SC1091
. /mnt/lib.sh

# A host with a wire, a default route and an /etc.
set_up() {
	mkdir "$run" "$state"
	chmod 700 "$run" "$state"
	printf 'search example\nnameserver 192.0.2.53\n' >/etc/resolv.conf
	chmod 0640 /etc/resolv.conf
	must ifconfig lo0 inet 127.0.0.1/8 up
	must ifconfig lo0 inet 192.0.2.9/32 alias
	wire=$(ifconfig tap create) || fail "no tap"
	must ifconfig "$wire" name wire0 >"$dir/log"
	must ifconfig wire0 inet 192.168.1.9/24 up
	has 'add net default' route -n add default 192.168.1.1
}

# All that hostnet could have changed; numbers of interfaces are not its doing.
snapshot() {
	ifconfig -a
	netstat -rn -f inet
	(cd /etc && stat -f '%N%SY %HT %Lp %u:%g %z' ./*)
	cat /etc/resolv.conf 2>/dev/null
	ls -A "$run" "$state"
	(cd /var/run && echo airlock*)
}

# shellcheck disable=SC1091
. /mnt/hostnet_cases.sh

set_up
snapshot >"$dir/before"
"case_$case_name"
