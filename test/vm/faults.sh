#!/bin/sh
# faults: what goes wrong, and how the router comes back by itself or says in
# words why it can't.
# shellcheck source=test/vm/lib.sh
. "$(dirname "$0")/lib.sh"

# online [SECONDS]: within that time traffic passes, and the state says so.
online()
{
	wait_for "${1:-40}" traffic_passes
}

traffic_passes()
{
	[ "$(field state)" = online ] && fetch "$WEB" | grep -q 'a page of the world' &&
		[ "$(field state)" = online ]
}

# joins BLOCK...: the supplicant's file has these networks from now on.
joins()
{
	networks "$@"
	expect 0 reloaded airlock reload
}

wrong_passphrase_is_said_in_words_when_start_gives_up()
{
	networks '	ssid="airlock-wpa2"
	psk="not the passphrase"'
	airlock start >"$T/start.log" 2>&1 &
	starting=$!
	world_connect
	status=0
	wait "$starting" || status=$?
	is "$status" 1
	grep -q 'not online after 40 s: associating, wrong passphrase for "airlock-wpa2"' "$T/start.log" ||
		{ cat "$T/start.log"; return 1; }
	grep -q 'goes on trying' "$T/start.log"
	reason_is associating '^wrong passphrase for "airlock-wpa2"$' 5
	expect 1 'wrong passphrase' airlock status
	# A host that has no way out through us yet keeps what it had.
	is "$(ip route show default)" ''
	is "$(cat /etc/resolv.conf)" 'nameserver 192.0.2.53'
}

right_passphrase_mends_it()
{
	joins "$wpa2"
	online
	is "$(field network.ssid)" airlock-wpa2
}

wrong_passphrase_of_wpa3_is_said_in_words()
{
	joins '	ssid="airlock-wpa3"
	key_mgmt=SAE
	sae_password="not the passphrase"
	ieee80211w=2'
	reason_is associating '^wrong passphrase for "airlock-wpa3"$' 30
}

no_known_network_in_range()
{
	joins '	ssid="nobody at home"
	psk="airlock-demo"'
	reason_is scanning '^no known network in range: saw 2 others$' 30
}

no_network_configured()
{
	joins
	reason_is scanning '^no network is configured$' 15
	mv "$T/networks.conf" "$T/networks.away"
	airlock reload
	wait_for 5 logged 'no networks are known'
	reason_is scanning 'no network is configured' 15
	mv "$T/networks.away" "$T/networks.conf"
}

nobody_leases_an_address()
{
	expect 0 ok airlock air dhcp off
	joins "$wpa3"
	reason_is addressing '^no DHCP server answers on "airlock-wpa3"$' 40
	# An access point that has lost us answers nothing either.
	wait_for 15 logged 'joining the network afresh'
	expect 0 ok airlock air dhcp on
	online
}

access_point_goes_and_comes_back()
{
	expect 0 ok airlock air ap 2 down
	reason_is scanning '(access point of "airlock-wpa3"|no known network in range)' 30
	expect 0 ok airlock air ap 2 up
	online
	is "$(field network.ssid)" airlock-wpa3
}

moves_to_another_known_network()
{
	joins "$wpa2" "$wpa3"
	online
	case $(field network.ssid) in
	airlock-wpa2) gone=1 other=airlock-wpa3 ;;
	*) gone=2 other=airlock-wpa2 ;;
	esac
	airlock air ap "$gone" down
	wait_field network.ssid "$other" 40
	online
	airlock air ap "$gone" up
	joins "$wpa3"
	wait_field network.ssid airlock-wpa3 40
	online
}

# killed SERVICE: it is killed in the guest, started again, and all works.
killed()
{
	before=$(field guest.service_restarts)
	# The air has a dnsmasq of its own: ours is the child of PID 1.
	guest "for p in \$(pidof $1); do grep -q 'PPid:.1\$' /proc/\$p/status && kill -9 \$p; done"
	wait_for 20 more_restarts "$before"
	online
}

more_restarts()
{
	[ "$(field guest.service_restarts)" -gt "$1" ]
}

supplicant_killed() { killed wpa_supplicant; }
dhcp_client_killed() { killed dhcpcd; }

name_server_killed()
{
	killed dnsmasq
	wait_for 20 fetch web.airlock.test
}

simulated_air_killed()
{
	guest "kill -9 \$(pidof airlock-sim)"
	wait_for 20 logged 'airlock-sim ended (signal 9)'
	# New access points do not know the station; its first packets tell it so.
	online 60
}

simulated_access_points_killed()
{
	guest "kill -9 \$(pidof hostapd)"
	wait_for 10 logged 'hostapd ended (signal 9)'
	online 60
}

hypervisor_killed()
{
	pid=$(field hypervisor.pid)
	kill -9 "$pid"
	wait_field guest.starts 2 30
	online
	[ "$(field hypervisor.pid)" != "$pid" ]
	logged 'the hypervisor was killed by SIGKILL'
	logged 'restarting in 0.2 s'
}

guest_panics()
{
	guest 'echo c >/proc/sysrq-trigger' || true
	wait_field guest.starts 3 30
	logged 'Kernel panic - not syncing: sysrq triggered crash'
	online
}

frozen_guest_is_ended_by_stop()
{
	kill -STOP "$(field hypervisor.pid)"
	timeout 4 "$AIRLOCK_BUILD/src/cli/airlock" -c "$T/airlock.conf" status >"$T/status"
	grep -q '^  state *online' "$T/status"
	airlock stop >"$T/stop.log"
	nothing_left
}

daemon_killed()
{
	start
	kill -9 "$(cat /run/airlock/lock)"
	wait_for 5 gone airlock-vm
	wait_for 5 gone airlock-daemon
	# What it did to the host is still there, until the next start.
	grep -q 'nameserver 10.0.0.1' /etc/resolv.conf
	start
	grep -q 'cleaned up after a run that ended badly' "$T/start.log"
	logged 'cleaned up after a run that ended badly'
	online
}

# Nor does it take a start: `stop` puts back what is left.
daemon_killed_and_stopped()
{
	kill -9 "$(cat /run/airlock/lock)"
	wait_for 5 gone airlock-vm
	wait_for 5 gone airlock-daemon
	grep -q 'nameserver 10.0.0.1' /etc/resolv.conf
	expect 0 'had left something behind' airlock stop
	grep -Eq '^  network +[1-9][0-9]* operations undone' "$T/expect.log"
	nothing_left
	expect 6 'not running' airlock stop
	start
}

gone()
{
	! pgrep -x "$1"
}

# process N: the daemon's process that is its N-th child.
process()
{
	pgrep -P "$(cat /run/airlock/lock)" | sed -n "$1p"
}

machine_process_killed()
{
	kill -9 "$(process 1)"
	wait_for 10 test ! -e /run/airlock
	nothing_left
}

control_process_killed()
{
	start
	kill -9 "$(process 2)"
	wait_for 10 test ! -e /run/airlock
	nothing_left
}

power_off_inside_the_guest_is_for_good()
{
	{
		status=0
		"$AIRLOCK_BUILD/src/cli/airlock" -c "$T/airlock.conf" run >"$T/run.log" 2>&1 || status=$?
		echo "$status" >"$T/run.status"
	} &
	world_connect
	wait_field state online 60
	guest 'poweroff -f' || true
	wait_for 20 test -s "$T/run.status"
	is "$(cat "$T/run.status")" 0
	nothing_left
}

networks
configure 'guest { console = true; start_timeout = 40s; stop_timeout = 2s; }'
for c in \
	wrong_passphrase_is_said_in_words_when_start_gives_up \
	right_passphrase_mends_it \
	wrong_passphrase_of_wpa3_is_said_in_words \
	no_known_network_in_range \
	no_network_configured \
	nobody_leases_an_address \
	access_point_goes_and_comes_back \
	moves_to_another_known_network \
	supplicant_killed \
	dhcp_client_killed \
	name_server_killed \
	simulated_access_points_killed \
	simulated_air_killed \
	hypervisor_killed \
	guest_panics \
	frozen_guest_is_ended_by_stop \
	daemon_killed \
	daemon_killed_and_stopped \
	machine_process_killed \
	control_process_killed \
	power_off_inside_the_guest_is_for_good; do
	tcase $c
done
finish
