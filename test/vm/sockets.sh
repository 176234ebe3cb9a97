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
	wpa_cli -p "$DIR" -i wlan0 "$@"
}

starts_with_the_socket()
{
	start
	wait_for 5 test -S "$SOCKET"
	is "$(wpa ping)" PONG
}

tells_the_status()
{
	wpa status | grep -qx 'wpa_state=COMPLETED'
	wpa status | grep -qx "ssid=$(field network.ssid)"
}

networks "$wpa3"
configure 'guest { console = true; }'
for c in \
	starts_with_the_socket \
	tells_the_status; do
	tcase $c
done
finish
