#!/bin/sh
# leave: what `status` says while Debian's wpa_cli drives the router: leaving,
# coming back, another network, another access point, disabled networks, a
# passphrase that is wrong; and that no passphrase is in the log.
# shellcheck source=test/vm/lib.sh
. "$(dirname "$0")/lib.sh"

wpa()
{
	wpa_cli -p /run/wpa_supplicant -i wlan0 "$@"
}

# does COMMAND...: the supplicant obeys.
does()
{
	wpa "$@" >"$T/wpa"
	grep -qx OK "$T/wpa" || { echo "$*: $(cat "$T/wpa")"; return 1; }
}

# says STATE REASON SECONDS: within that time.
says()
{
	wait_for "$3" says_now "$1" "$2" || { echo "\"$(field state)\": \"$(field reason)\", not \"$1\": \"$2\""; return 1; }
}

says_now()
{
	[ "$(field state)" = "$1" ] && [ "$(field reason)" = "$2" ]
}

# since: notes where the log ends; shown: what people saw since then.
since()
{
	airlock log | wc -l >"$T/since"
}

shown()
{
	airlock log | tail -n +"$(($(cat "$T/since") + 1))" | sed -n 's/^[^ ]* [^ ]* info  airlock  *//p'
}

# lacks PATTERN FILE: it is not in there.
lacks()
{
	! grep "$1" "$2" || return 1
}

left='left the network; to come back: airlock join'

# The last line is longer than what is taken of a line at once.
broken()
{
	printf 'network={\n\tssid="x"\n\tpsk="geheim"\n\tgeheim%0478dgeheim\n}\n' 0 >"$T/networks.conf"
}

broken_networks_are_said_at_the_start()
{
	broken
	airlock start >"$T/start.log" 2>&1 &
	echo $! >"$T/starting"
	world_connect
	says scanning 'wpa_supplicant: Line 3: Invalid passphrase length 6 (expected: 8..63)' 30
	# Another broken one is no better, and refused as nothing else is in use.
	printf 'nonsense\n' >"$T/networks.conf"
	expect 3 'Line 1: unknown global field' airlock reload
	airlock log >"$T/everything"
	lacks geheim "$T/everything"
}

sound_ones_mend_it()
{
	networks "$wpa2" "$wpa3"
	sed -i '/wpa2/a\	priority=5' "$T/networks.conf"
	expect 0 reloaded airlock reload
	wait_field state online 30
	is "$(field network.ssid)" airlock-wpa2
	wait_for 10 grep -q '^  online' "$T/start.log"
}

p2p_is_there_for_whom_it_names()
{
	wait_for 5 test -S /run/wpa_supplicant/wlan0
	[ ! -e /run/wpa_supplicant/p2p-dev-wlan0 ]
	cp "$T/networks.conf" "$T/sound.conf"
	echo 'p2p_disabled=0' >>"$T/networks.conf"
	expect 0 reloaded airlock reload
	wait_for 10 test -S /run/wpa_supplicant/p2p-dev-wlan0
	is "$(wpa_cli -p /run/wpa_supplicant -i p2p-dev-wlan0 ping)" PONG
	wait_field state online 30
	cp "$T/sound.conf" "$T/networks.conf"
	expect 0 reloaded airlock reload
	wait_for 10 test ! -e /run/wpa_supplicant/p2p-dev-wlan0
	wait_field state online 30
}

leaving_stays_so()
{
	wait_for 5 test -S /run/wpa_supplicant/wlan0
	since
	does disconnect
	says scanning "$left" 5
	# Longer than any patience of ours.
	sleep 20
	says scanning "$left" 1
	is "$(wpa status | sed -n 's/^wpa_state=//p')" DISCONNECTED
	# A look around changes nothing.
	does scan
	sleep 4
	says scanning "$left" 1
	shown >"$T/shown"
	is "$(grep -vc -e 'looking for known networks' -e "$left" "$T/shown")" 0
}

coming_back_is_said_as_it_is()
{
	since
	does reconnect
	wait_field state online 20
	shown >"$T/shown"
	grep -qx 'associating: with "airlock-wpa2"' "$T/shown"
	lacks left "$T/shown"
	world_answers
}

world_answers()
{
	fetch "$WEB" | grep -q 'a page of the world'
}

# number SSID: of that network.
number()
{
	wpa list_networks | awk -F '\t' -v ssid="$1" '$2 == ssid { print $1 }'
}

another_network_has_another_lease()
{
	since
	does select_network "$(number airlock-wpa3)"
	wait_field network.ssid airlock-wpa3 20
	wait_field state online 20
	# Each access point has a subnet of its own.
	case $(field uplink.address) in 192.168.77.1[3-9]? | 192.168.77.2??) ;; *) field uplink.address; return 1 ;; esac
	shown >"$T/shown"
	is "$(sed 's/:.*//' "$T/shown" | tr '\n' ' ')" 'scanning associating addressing online '
	grep -qx 'addressing: asking for an address on "airlock-wpa3"' "$T/shown"
	world_answers
}

disabled_networks_are_said()
{
	does disable_network all
	says scanning 'every configured network is disabled' 5
	does enable_network all
	wait_field state online 30
	does remove_network all
	says scanning 'no network is configured' 5
}

another_access_point_of_the_network_has_another_lease()
{
	expect 0 ok airlock air ap 1 ssid "$(printf airlock-wpa3 | od -An -tx1 | tr -d ' \n')"
	networks '	ssid="airlock-wpa3"
	psk="airlock-demo"
	sae_password="airlock-demo"
	key_mgmt=WPA-PSK SAE
	ieee80211w=1'
	airlock reload
	wait_field state online 30
	from=$(field uplink.address)
	case $(wpa status | sed -n 's/^bssid=//p') in
	*:01:00) to=02:00:00:00:02:00 ;;
	*) to=02:00:00:00:01:00 ;;
	esac
	wait_for 15 sees "$to"
	since
	does roam "$to"
	wait_field network.bssid "$to" 15
	wait_field state online 15
	[ "$(field uplink.address)" != "$from" ]
	shown >"$T/shown"
	lacks 'gone\|left' "$T/shown"
	world_answers
}

sees()
{
	does scan
	wpa scan_results | grep "$1" | grep -q 'airlock-wpa3'
}

wrong_passphrase_is_said_and_is_in_no_log()
{
	does log_level debug
	does set_network 0 key_mgmt WPA-PSK
	does set_network 0 psk '"geheim-geheim"'
	does reassociate
	says associating 'wrong passphrase for "airlock-wpa3"' 30
	logged 'wrong passphrase for "airlock-wpa3"'
	does log_level info
	airlock log >"$T/everything"
	lacks geheim "$T/everything"
}

leaving_what_was_never_joined_is_said_too()
{
	does disconnect
	says scanning "$left" 10
	sleep 12
	says scanning "$left" 1
	does set_network 0 psk '"airlock-demo"'
	does reassociate
	wait_field state online 30
}

stops_and_leaves_nothing()
{
	stop
}

networks
configure 'log_level = "debug";' 'guest { console = true; }' 'sockets { supplicant = "/run/wpa_supplicant"; }'
for c in \
	broken_networks_are_said_at_the_start \
	sound_ones_mend_it \
	p2p_is_there_for_whom_it_names \
	leaving_stays_so \
	coming_back_is_said_as_it_is \
	another_network_has_another_lease \
	disabled_networks_are_said \
	another_access_point_of_the_network_has_another_lease \
	wrong_passphrase_is_said_and_is_in_no_log \
	leaving_what_was_never_joined_is_said_too \
	stops_and_leaves_nothing; do
	tcase $c
done
finish
