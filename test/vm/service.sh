#!/bin/sh
# service: what a service manager does with airlock, with the rights that its unit
# leaves, on a host whose programs are only read.
# shellcheck source=test/vm/lib.sh
. "$(dirname "$0")/lib.sh"

unit=$AIRLOCK_BUILD/service/airlock.service

# The manager's ear: a line for each that it is told.
listen()
{
	python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    print(s.recv(4096).decode().replace("\n", " "), flush=True)' "$T/notify" >"$T/told" &
	wait_for 10 [ -S "$T/notify" ]
}

told()
{
	grep -qF -- "$1" "$T/told" || { echo "not told: $1"; cat "$T/told"; return 1; }
}

# As the unit says: bounding set, no new privileges, /usr read-only.
run_as_the_unit()
{
	rights=$(sed -n 's/^CapabilityBoundingSet=//p' "$unit" | sed 's/CAP_/+/g; s/ /,/g' | tr '[:upper:]' '[:lower:]')
	mount --bind /usr /usr
	mount -o remount,ro,bind /usr
	NOTIFY_SOCKET=$T/notify setpriv --bounding-set="-all,$rights" --inh-caps=-all --no-new-privs \
		"$AIRLOCK_BUILD/src/cli/airlock" -c "$T/airlock.conf" run >"$T/run.log" 2>&1 &
	echo $! >"$T/run.pid"
}

unit_has_what_is_tested()
{
	grep -qx 'Type=notify' "$unit"
	grep -qx 'NoNewPrivileges=yes' "$unit"
	grep -qx 'ProtectSystem=yes' "$unit"
	grep -q '^CapabilityBoundingSet=CAP_' "$unit"
}

comes_online_with_the_rights_of_the_unit()
{
	listen
	run_as_the_unit
	wait_for 10 told READY=1
	expect 1 'not online after 1 s: ' airlock wait-online --timeout 1
	world_connect
	airlock wait-online
	is "$(field state)" online
	wait_for 10 told 'STATUS=online: "airlock-wpa3"'
	fetch "$WEB" >/dev/null
	wait_for 20 fetch web.airlock.test
}

lines_have_their_priority()
{
	grep -q '^<6>airlock: info: online' "$T/run.log"
	! grep -q '^airlock: info: online' "$T/run.log" || return 1
}

reload_is_told()
{
	airlock reload
	told 'RELOADING=1 MONOTONIC_USEC='
	is "$(grep -c READY=1 "$T/told")" 2
}

# What airlock-sleep.service runs.
sleeps_and_wakes()
{
	airlock suspend
	is "$(field state)" down
	airlock resume
	airlock wait-online
	is "$(field state)" online
}

ends_in_order_when_told_to()
{
	kill -TERM "$(cat "$T/run.pid")"
	wait_for 20 told STOPPING=1
	wait_for 20 sh -c "! kill -0 $(cat "$T/run.pid")"
	nothing_left
	expect 6 'not running' airlock wait-online
	airlock suspend
	airlock resume
}

networks "$wpa3"
configure
for c in \
	unit_has_what_is_tested comes_online_with_the_rights_of_the_unit lines_have_their_priority \
	reload_is_told sleeps_and_wakes ends_in_order_when_told_to; do
	tcase $c
done
finish
