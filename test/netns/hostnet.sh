#!/bin/sh
#
# hostnet on a real kernel: every operation applied, looked at from outside,
# and undone exactly; crashes, hostile frames, hosts that lack something.
#
#     hostnet.sh [TOOL [CASE]]    TOOL is hostnet_tool, built from beside this
#                                 file; by default that of the build
#
# Each case of hostnet_cases.sh runs in network and mount namespaces of its
# own, with an /etc of its own, and prints "ok - hostnet: case" or "not ok -
# hostnet: case: why".
# Nothing of this machine's own network is touched.

set -u

# ------------------------------------------------------- outside: one namespace a case

if [ "${1-}" != inside ]; then
	tool=$(readlink -f "${1:-${AIRLOCK_BUILD:-build}/test/netns/hostnet_tool}")
	if [ "$(id -u)" -ne 0 ]; then
		echo "ok - hostnet # SKIP needs root for namespaces"
		exit 0
	fi
	bad=0
	# The names have no blanks.
	# shellcheck disable=SC2013
	for name in $(sed -n 's/^case_\([a-z0-9_]*\)() {.*/\1/p' "${0%.sh}_cases.sh"); do
		[ $# -lt 2 ] || [ "$2" = "$name" ] || continue
		dir=$(mktemp -d "${TMPDIR:-/tmp}/airlock-hostnet-XXXXXX")
		why=$(unshare -mn --propagation private sh "$0" inside "$name" "$dir" "$tool" 2>&1)
		# shellcheck disable=SC2181
		if [ $? -eq 0 ]; then
			echo "ok - hostnet: $name"
		else
			echo "not ok - hostnet: $name: $(echo "$why" | tail -n 12)"
			bad=1
		fi
		rm -rf "$dir"
	done
	exit $bad
fi

# ------------------------------------------------------------------------- inside

case_name=$2
dir=$3
tool=$4
run=$dir/run
state=$dir/state

# shellcheck disable=SC1091
. "$(dirname "$0")/lib.sh"

# A host with a wire, a default route, a firewall of its own and an /etc.
set_up() {
	mkdir "$run" "$state" "$dir/etc"
	cp /etc/passwd /etc/group /etc/hosts "$dir/etc/"
	printf 'search example\nnameserver 192.0.2.53\n' >"$dir/etc/resolv.conf"
	chmod 0640 "$dir/etc/resolv.conf"
	must mount --bind "$dir/etc" /etc
	must mount -t tmpfs none /run
	must ip link set lo up
	must ip address add 192.0.2.9/32 dev lo
	must ip link add wire0 type veth peer name wire1
	must ip address add 192.168.1.9/24 dev wire0
	must ip link set wire1 up
	must ip link set wire0 up
	must ip route add default via 192.168.1.1 dev wire0 metric 100
	must nft add table inet mine
	must nft add chain inet mine input '{ type filter hook input priority 0; }'
	settle
}

# IPv6 duplicate address detection changes flags for a second: switch it off.  The kernel
# takes its time to say that a link is up, too.
settle() {
	for i in wire0 wire1; do
		echo 1 >/proc/sys/net/ipv6/conf/$i/disable_ipv6
		n=0
		until ip -o link show $i | grep -q ' state UP '; do
			n=$((n + 1))
			[ $n -lt 200 ] || fail "$i does not come up"
			sleep 0.05
		done
	done
}

# All that hostnet could have changed.
snapshot() {
	ip -d address
	ip rule
	ip route show table all
	ip neighbour
	nft list ruleset
	(cd /etc && for f in *; do
		stat -c '%n %F %a %u:%g' "$f"
		[ ! -L "$f" ] || readlink "$f"
		[ ! -f "$f" ] || [ -L "$f" ] || cksum "$f"
	done)
	ls -A "$run" "$state"
	(cd /run && echo airlock*)
}

# shellcheck disable=SC1091
. "$(dirname "$0")/hostnet_cases.sh"

set_up
snapshot >"$dir/before"
"case_$case_name"
