#!/bin/sh
# sockets: the guest's control sockets on the host, as Debian's own programs see them.
#
# wpa_cli and hostapd_cli are the host's; nothing here speaks to the guest in
# another way, but for the console, which starts an access point's hostapd.
# shellcheck source=test/vm/lib.sh
. "$(dirname "$0")/lib.sh"

DIR=/run/wpa_supplicant
SOCKET=$DIR/wlan0

wpa()
{
	timeout 10 wpa_cli -p "$DIR" -i wlan0 "$@"
}

# As somebody else than root, of these groups only.
as_user()
{
	groups=$1
	shift
	setpriv --reuid 12345 --regid 12345 --groups "$groups" "$@"
}

state_is()
{
	wpa status | grep -qx "$1"
}

starts_with_the_socket()
{
	start
	wait_for 5 test -S "$SOCKET"
	is "$(wpa ping)" PONG
	# Without -i it finds the interface, and nothing that is none.
	wpa_cli -p "$DIR" ping | grep -qx "Selected interface 'wlan0'"
}

tells_the_status()
{
	state_is wpa_state=COMPLETED
	state_is "ssid=$(field network.ssid)"
}

global_answers_from_the_run_directory()
{
	timeout 10 wpa_cli -g /run/airlock/global interface | grep -qx wlan0
}

mode_and_group()
{
	is "$(stat -c '%a %U %G' "$SOCKET")" '660 root airnet'
	is "$(stat -c '%a %U' "$DIR")" '755 root'
}

who_may_and_who_may_not()
{
	# The client's own socket is its user's alone: answering takes a right.
	mkdir "$T/tmp"
	chmod 1777 "$T/tmp"
	is "$(as_user 4242 timeout 10 wpa_cli -s "$T/tmp" -p "$DIR" -i wlan0 ping)" PONG
	status=0
	as_user 12345 timeout 10 wpa_cli -s "$T/tmp" -p "$DIR" -i wlan0 ping >"$T/denied" 2>&1 || status=$?
	[ "$status" -ne 0 ]
	grep -q 'Permission denied' "$T/denied"
}

scans()
{
	wpa scan | grep -qE '^(OK|FAIL-BUSY)$'
	wait_for 20 sees_both
}

sees_both()
{
	wpa scan_results >"$T/results" && grep -q 'airlock-wpa2$' "$T/results" &&
		grep -q 'airlock-wpa3$' "$T/results"
}

events_arrive_in_interactive_mode()
{
	mkfifo "$T/typed"
	wpa_cli -p "$DIR" -i wlan0 <"$T/typed" >"$T/seen" 2>&1 &
	cli=$!
	exec 7>"$T/typed"
	wait_for 5 grep -q 'Interactive mode' "$T/seen"
	echo scan >&7
	wait_for 20 grep -q 'CTRL-EVENT-SCAN-RESULTS' "$T/seen" || { cat -v "$T/seen"; return 1; }
	echo quit >&7
	exec 7>&-
	wait "$cli"
}

moves_to_another_access_point()
{
	id=$(wpa add_network)
	wpa set_network "$id" ssid '"airlock-wpa2"' | grep -qx OK
	wpa set_network "$id" psk '"airlock-demo"' | grep -qx OK
	wpa enable_network "$id" | grep -qx OK
	wpa select_network "$id" | grep -qx OK
	wait_for 30 state_is ssid=airlock-wpa2
	wait_for 10 state_is wpa_state=COMPLETED
	wait_field network.ssid airlock-wpa2 20
	wait_field state online 20
	wait_for 10 fetch "$WEB"
}

many_clients_at_once()
{
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		wpa scan_results >"$T/many-$i" &
	done
	wpa status >"$T/many-status"
	wait
	grep -qx wpa_state=COMPLETED "$T/many-status"
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		grep -q '^bssid / frequency' "$T/many-$i"
	done
}

hostapd_cli_over_the_other_directory()
{
	guest "mkdir -p /run/ap; printf 'interface=lo\ndriver=none\nctrl_interface=/run/hostapd\n' >/run/ap/conf;
		LD_LIBRARY_PATH=/sim/usr/lib/x86_64-linux-gnu /sim/usr/sbin/hostapd -B -P /run/ap/pid /run/ap/conf" >"$T/ap"
	wait_for 10 test -S /run/hostapd/lo
	is "$(timeout 10 hostapd_cli -p /run/hostapd -i lo ping)" PONG
	guest 'xargs kill </run/ap/pid' >/dev/null
	wait_for 10 test ! -e /run/hostapd/lo
}

back_after_a_restart_and_clients_are_told()
{
	mkfifo "$T/again"
	wpa_cli -p "$DIR" -i wlan0 <"$T/again" >"$T/told" 2>&1 &
	cli=$!
	exec 7>"$T/again"
	wait_for 5 grep -q 'Interactive mode' "$T/told"
	airlock restart >/dev/null 2>&1 &
	wait_for 20 grep -q CTRL-EVENT-TERMINATING "$T/told"
	wait_for 40 wpa ping
	wait_for 20 grep -q 'Connection to wpa_supplicant re-established' "$T/told"
	echo quit >&7
	exec 7>&-
	wait "$cli"
	wait_field state online 60
}

restarted_supplicant_gives_a_fresh_socket()
{
	inode=$(stat -c %i "$SOCKET")
	wpa terminate | grep -qx OK
	wait_for 20 is_other "$inode"
	wait_for 20 wpa ping
	wait_field state online 60
}

is_other()
{
	[ -S "$SOCKET" ] && [ "$(stat -c %i "$SOCKET")" != "$1" ]
}

# children OF: the daemon's process of that kind, by what it may.
relay_process()
{
	for p in $(pgrep -P "$(cat /run/airlock/lock)" -x airlock-daemon); do
		! grep -q '^CapEff:.*0000000000000002$' "/proc/$p/status" || echo "$p"
	done
}

the_relay_has_one_right_and_a_filter()
{
	relay=$(relay_process)
	[ -n "$relay" ]
	grep -q '^CapPrm:.*0000000000000002$' "/proc/$relay/status"
	grep -q '^CapInh:.*0000000000000000$' "/proc/$relay/status"
	grep -q '^NoNewPrivs:.*1$' "/proc/$relay/status"
	grep -q '^Seccomp:.*2$' "/proc/$relay/status"
	! grep -q '^Uid:.*[^0-9]0[^0-9]' "/proc/$relay/status"
}

the_router_goes_on_without_a_relay()
{
	kill -KILL "$(relay_process)"
	wait_for 5 logged 'the relay process is gone'
	wait_for 5 test ! -e "$SOCKET"
	is "$(field state)" online
	fetch "$WEB" >/dev/null
}

nothing_is_left_after_stop()
{
	stop
	[ ! -e "$DIR" ] && [ ! -e /run/hostapd ]
}

a_killed_run_is_cleaned_up_by_the_next()
{
	start
	wait_for 5 test -S "$SOCKET"
	kill -KILL "$(cat /run/airlock/lock)"
	wait_for 10 no_daemon
	[ -S "$SOCKET" ]
	# What others have there is theirs.
	python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); time.sleep(600)' \
		"$DIR/other" &
	other=$!
	wait_for 5 test -S "$DIR/other"
	start
	wait_for 5 wpa ping
	OTHERS=yes stop
	[ -S "$DIR/other" ] && [ ! -e "$SOCKET" ]
	kill "$other"
	rm -r "$DIR"
}

no_daemon()
{
	! pgrep -x airlock-daemon
}

a_socket_in_use_is_left_alone()
{
	mkdir -p "$DIR"
	python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); time.sleep(600)' \
		"$SOCKET" &
	other=$!
	wait_for 5 test -S "$SOCKET"
	inode=$(stat -c %i "$SOCKET")
	start
	logged "$SOCKET is in use by another program"
	# shellcheck disable=SC1083  # braces of airlock.conf
	logged 'sockets { supplicant ='
	is "$(stat -c %i "$SOCKET")" "$inode"
	OTHERS=yes stop
	is "$(stat -c %i "$SOCKET")" "$inode"
	kill "$other"
	rm -r "$DIR"
}

echo 'airnet:x:4242:' >>/etc/group
networks "$wpa3"
configure 'socket_group = "airnet";' 'guest { console = true; }'
for c in \
	starts_with_the_socket \
	tells_the_status \
	global_answers_from_the_run_directory \
	mode_and_group \
	who_may_and_who_may_not \
	scans \
	events_arrive_in_interactive_mode \
	moves_to_another_access_point \
	many_clients_at_once \
	hostapd_cli_over_the_other_directory \
	restarted_supplicant_gives_a_fresh_socket \
	the_relay_has_one_right_and_a_filter \
	back_after_a_restart_and_clients_are_told \
	the_router_goes_on_without_a_relay \
	nothing_is_left_after_stop \
	a_killed_run_is_cleaned_up_by_the_next \
	a_socket_in_use_is_left_alone; do
	tcase $c
done
finish
