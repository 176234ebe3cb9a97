#!/bin/sh
# join: networks found, joined, kept, left and forgotten from the command line, and
# every way in which that can fail.
# shellcheck source=test/vm/lib.sh
. "$(dirname "$0")/lib.sh"

secret='airlock-demo'

# The user's file, with what must stay.
user_file()
{
	cat >"$T/networks.conf" <<-'END'
		# the networks of this host
		ctrl_interface=DIR=/run/wpa_supplicant GROUP=netdev
		update_config=1   # kept by hand

		network={
			# at home
			ssid="airlock-wpa2"
			psk="airlock-demo"
			bgscan=""
		}

		cred={
			realm="example.org"
		}
		# the end
	END
	chmod 644 "$T/networks.conf"
	cp "$T/networks.conf" "$T/networks.before"
}

# hex TEXT: its bytes.
hex()
{
	printf %s "$1" | od -An -tx1 | tr -d ' \n'
}

# settled: back on the first access point after the air was changed.
settled()
{
	wait_field state online 40
}

# air COMMAND...: the access points are away for a moment.
air()
{
	airlock air "$@" >/dev/null
}

# on SSID: online there.
on()
{
	wait_field state online 40 && wait_field network.ssid "$1" 10
}

# hears PATTERN: a look at the two channels finds it.
hears()
{
	wpa_cli -p /var/run/wpa_supplicant -i wlan0 scan freq=2412,2437 >/dev/null
	sleep 1
	wpa_cli -p /var/run/wpa_supplicant -i wlan0 scan_results | grep -q "$1"
}

# known: number, name and flags of what the supplicant knows.
known()
{
	wpa_cli -p /var/run/wpa_supplicant -i wlan0 list_networks | sed 1d | cut -f 2,4 | sed 's/\[TEMP-DISABLED\]//'
}

# known_are LINE...: exactly these.
known_are()
{
	printf '%s\n' "$@" >"$T/known.wanted"
	known | tr '\t' ' ' | sed 's/ *$//' | diff "$T/known.wanted" -
}

unchanged()
{
	cmp "$T/networks.before" "$T/networks.conf"
}

scan_shows_what_is_in_range()
{
	airlock scan >"$T/scan"
	cat "$T/scan"
	grep -Eq '^> .* -[0-9]+ dBm +2.4 GHz +1 +WPA2-PSK +airlock-wpa2$' "$T/scan"
	grep -Eq '^  .* -[0-9]+ dBm +2.4 GHz +6 +WPA3-SAE +airlock-wpa3$' "$T/scan"
	airlock scan --json | python3 -c '
import json, sys
heard = json.load(sys.stdin)
ours = [n for n in heard["networks"] if n["ssid"] == "airlock-wpa2"][0]
assert ours["ssid_hex"] == b"airlock-wpa2".hex() and ours["channel"] == 1
assert ours["current"] and ours["known"] and ours["access_points"] == 1
assert heard["hidden"] == 0'
}

scan_ends_within_a_second_of_the_results()
{
	took=$(delays scan)
	echo "$took ms after the results"
	[ "$took" -lt 1000 ]
}

join_needs_a_passphrase_that_can_be_one()
{
	air ap 2 security wpa2
	settled
	wait_for 20 hears 'WPA2-PSK.*airlock-wpa3'
	printf 'seven77\n' >"$T/in"
	expect 1 'that passphrase has 7 characters' airlock join airlock-wpa3 <"$T/in"
	printf '%064d\n' 0 | tr 0 x >"$T/in"
	expect 1 '64 are a key in hexadecimal digits' airlock join airlock-wpa3 <"$T/in"
	printf 'airlock-demo\nmore\n' >"$T/in"
	expect 1 'a passphrase has no newline in it' airlock join airlock-wpa3 <"$T/in"
	printf 'p\303\244ssw\303\266rter\n' >"$T/in"
	expect 1 'no printable ASCII' airlock join airlock-wpa3 <"$T/in"
	printf 'airlock\0demo\n' >"$T/in"
	expect 1 'no zero byte' airlock join airlock-wpa3 <"$T/in"
	expect 1 'no passphrase was given' airlock join airlock-wpa3 </dev/null
	unchanged
	is "$(field state)" online
	air ap 2 security wpa3
	settled
}

a_name_has_1_to_32_bytes()
{
	expect 2 'at least 1 byte' airlock join ''
	expect 2 'that name has 33 bytes' airlock join 123456789012345678901234567890123
	expect 2 'usage' airlock join one two
	expect 2 'usage' airlock join --once
	expect 2 'from -999 to 999' airlock join --priority 1000 cafe
	expect 2 'did you mean --once' airlock join --onse cafe
	expect 2 'at least 1 byte' airlock networks forget ''
	expect 2 'usage' airlock networks priority cafe
}

what_cannot_be_kept_is_said_before()
{
	printf 'network={\n\tssid="x"\n' >"$T/broken.conf"
	sed "s,$T/networks.conf,$T/broken.conf," "$T/airlock.conf" >"$T/broken-airlock.conf"
	ours="$AIRLOCK_BUILD/src/cli/airlock -c $T/broken-airlock.conf"
	# shellcheck disable=SC2086  # a program and its options
	expect 3 'broken.conf:1: this block is not closed' $ours join airlock-wpa3 </dev/null
	grep -q -- --once "$T/expect.log"
	is "$(cat "$T/broken.conf")" "$(printf 'network={\n\tssid="x"')"
	mkdir "$T/ro"
	cp "$T/networks.conf" "$T/ro/networks.conf"
	mount -t tmpfs -o ro airlock-test "$T/ro"
	sed "s,$T/networks.conf,$T/ro/networks.conf," "$T/airlock.conf" >"$T/broken-airlock.conf"
	# shellcheck disable=SC2086
	expect 1 'Read-only file system' $ours join airlock-wpa3 </dev/null
	umount "$T/ro"
	unchanged
	is "$(field network.ssid)" airlock-wpa2
}

whoever_may_not_is_told()
{
	chmod 711 "$T"
	expect 1 'Permission denied' setpriv --reuid nobody --clear-groups --regid nogroup \
		"$AIRLOCK_BUILD/src/cli/airlock" -c "$T/airlock.conf" scan
	grep -q 'socket_group' "$T/expect.log"
	# Of the group, but not the file's owner: known networks are joined, new ones not kept.
	chmod 600 "$T/networks.conf"
	ours="setpriv --reuid nobody --clear-groups --regid root $AIRLOCK_BUILD/src/cli/airlock"
	# shellcheck disable=SC2086  # a program and its options
	expect 0 'joined "airlock-wpa2"' $ours -c "$T/airlock.conf" join airlock-wpa2
	# shellcheck disable=SC2086
	expect 1 'sudo airlock join' $ours -c "$T/airlock.conf" join airlock-wpa3
	# shellcheck disable=SC2086
	expect 0 'airlock-wpa2' $ours -c "$T/airlock.conf" networks
	chmod 755 "$T"
}

wrong_passphrase_changes_nothing()
{
	known >"$T/known.before"
	echo not-the-passphrase >"$T/in"
	expect 1 'join "airlock-wpa3": wrong passphrase' airlock join airlock-wpa3 <"$T/in"
	on airlock-wpa2
	known | diff "$T/known.before" -
	unchanged
}

join_wpa3_and_keep_it()
{
	echo "$secret" >"$T/in"
	expect 0 'joined "airlock-wpa3", address 192.168.77.' airlock join airlock-wpa3 <"$T/in"
	cat "$T/expect.log"
	is "$(field network.ssid)" airlock-wpa3
	is "$(stat -c %a "$T/networks.conf")" 600
	head -c "$(stat -c %s "$T/networks.before")" "$T/networks.conf" | cmp - "$T/networks.before"
	tail -n +16 "$T/networks.conf" >"$T/added"
	printf '\nnetwork={\n\tssid="airlock-wpa3"\n\tkey_mgmt=SAE\n\tsae_password="%s"\n\tieee80211w=2\n}\n' \
		"$secret" | diff - "$T/added"
	known_are 'airlock-wpa2' 'airlock-wpa3 [CURRENT]'
	# The daemon hands the file over; the connection stays.
	sleep 2
	is "$(field state)" online
	is "$(field network.ssid)" airlock-wpa3
}

a_known_network_needs_no_passphrase()
{
	expect 0 'joined "airlock-wpa2"' airlock join airlock-wpa2 </dev/null
	is "$(field network.ssid)" airlock-wpa2
	expect 0 'joined "airlock-wpa2"' airlock join airlock-wpa2 </dev/null
}

# What is said when there are more access points than one answer holds.
the_supplicant_gives_access_points_page_by_page()
{
	wpa_cli -p /var/run/wpa_supplicant -i wlan0 raw 'BSS RANGE=0- MASK=0x21887' >"$T/bss"
	cat "$T/bss"
	for line in '^id=0$' '^bssid=02:00:00:00:01:00$' '^freq=2412$' '^level=-[0-9]*$' \
		'^flags=\[WPA2-PSK-CCMP\]\[ESS\]$' '^ssid=airlock-wpa2$' '^====$'; do
		grep -q "$line" "$T/bss"
	done
}

join_is_online_within_a_second_of_the_lease()
{
	delays join airlock-wpa3 airlock-wpa2 airlock-wpa3 airlock-wpa2 >"$T/delays"
	is "$(wc -l <"$T/delays")" 4
	while read -r took; do
		echo "$took ms after the lease"
		[ "$took" -lt 1000 ]
	done <"$T/delays"
}

# On a terminal: asked, not shown, and the terminal is as before, also after Ctrl-C.
a_terminal_does_not_show_what_is_typed()
{
	python3 - "$AIRLOCK_BUILD/src/cli/airlock" "$T/airlock.conf" <<-'END'
		import os, pty, select, signal, sys, termios, time
		def run(typed):
		    pid, fd = pty.fork()
		    if pid == 0:
		        os.execv(sys.argv[1], [sys.argv[1], "-c", sys.argv[2], "join", "--once", "airlock-wpa3"])
		    said, asked, end = b"", False, time.time() + 60
		    while time.time() < end:
		        if not select.select([fd], [], [], 0.2)[0]:
		            continue
		        try:
		            more = os.read(fd, 1000)
		        except OSError:
		            break
		        if not more:
		            break
		        said += more
		        if not asked and b'passphrase of "airlock-wpa3": ' in said:
		            asked = True
		            time.sleep(0.3)
		            assert not termios.tcgetattr(fd)[3] & termios.ECHO
		            os.write(fd, typed)
		            time.sleep(0.3)
		            try:
		                assert termios.tcgetattr(fd)[3] & termios.ECHO
		            except termios.error:
		                pass
		    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
		    print(said.decode())
		    assert asked
		    return status, said
		status, said = run(b"\x03")
		assert status == 1 and b"given up" in said
		status, said = run(b"airlock-demx\n")
		assert status == 1 and b"wrong passphrase" in said and b"demx" not in said
	END
	on airlock-wpa2
}

networks_are_listed_preferred_and_forgotten()
{
	airlock networks >"$T/list"
	cat "$T/list"
	grep -Eq '^> WPA2-PSK +priority +0  airlock-wpa2$' "$T/list"
	grep -Eq '^  WPA3-SAE +priority +0  airlock-wpa3$' "$T/list"
	expect 0 '"airlock-wpa3" has priority 7' airlock networks priority airlock-wpa3 7
	grep -q '^	priority=7$' "$T/networks.conf"
	is "$(wpa_cli -p /var/run/wpa_supplicant -i wlan0 get_network 1 priority)" 7
	airlock networks --json | python3 -c '
import json, sys
first = json.load(sys.stdin)[0]
assert first["ssid"] == "airlock-wpa3" and first["priority"] == 7 and first["kept"]'
	expect 0 'forgot "airlock-wpa3"' airlock networks forget airlock-wpa3
	unchanged
	known_are 'airlock-wpa2 [CURRENT]'
	expect 1 'there is no such network' airlock networks forget airlock-wpa3
	expect 1 'there is no such network' airlock networks priority nobody 1
	is "$(field network.ssid)" airlock-wpa2
}

once_keeps_nothing()
{
	echo "$secret" >"$T/in"
	expect 0 'joined "airlock-wpa3"' airlock join --once airlock-wpa3 <"$T/in"
	unchanged
	airlock networks | grep -q 'airlock-wpa3  (not kept)'
	expect 0 'forgot' airlock networks forget airlock-wpa3
	on airlock-wpa2
	unchanged
}

leave_and_come_back()
{
	expect 0 'left "airlock-wpa2"' airlock leave
	wait_field state scanning 10
	sleep 8
	is "$(field state)" scanning
	expect 0 online airlock join
	is "$(field network.ssid)" airlock-wpa2
}

an_open_network_needs_none()
{
	air ap 2 security open
	air ap 2 ssid "$(hex 'cafe #1 "x"')"
	settled
	expect 0 'joined "cafe #1 "x""' airlock join --priority 3 'cafe #1 "x"' </dev/null
	grep -q "^	ssid=$(hex 'cafe #1 "x"')$" "$T/networks.conf"
	grep -q '^	key_mgmt=NONE$' "$T/networks.conf"
	grep -q '^	priority=3$' "$T/networks.conf"
	expect 0 forgot airlock networks forget 'cafe #1 "x"'
	on airlock-wpa2
	unchanged
}

an_encrypted_open_network_needs_none()
{
	air ap 2 security owe
	air ap 2 ssid "$(hex airport)"
	settled
	# On a busy machine hostapd may drop the last message of its handshake: once more, then.
	airlock join --once airport </dev/null ||
		expect 0 'joined "airport"' airlock join --once airport </dev/null
	is "$(wpa_cli -p /var/run/wpa_supplicant -i wlan0 status | grep ^key_mgmt)" key_mgmt=OWE
	expect 0 forgot airlock networks forget airport
	on airlock-wpa2
	unchanged
}

# Configured in the file, and joined from then on like any other.
an_enterprise_network_is_joined_by_the_file()
{
	air ap 2 security enterprise
	air ap 2 ssid "$(hex campus)"
	settled
	expect 1 'enterprise network' airlock join campus </dev/null
	cp "$T/networks.conf" "$T/networks.kept"
	printf 'network={\n\tssid="campus"\n\tkey_mgmt=WPA-EAP\n\teap=PWD\n\tidentity="airlock"\n\tpassword="not this"\n}\n' \
		>>"$T/networks.conf"
	airlock reload
	on airlock-wpa2
	expect 1 'credentials' airlock join campus </dev/null
	on airlock-wpa2
	sed -i "s/not this/$secret/" "$T/networks.conf"
	airlock reload
	on airlock-wpa2
	expect 0 'joined "campus"' airlock join campus </dev/null
	is "$(wpa_cli -p /var/run/wpa_supplicant -i wlan0 status | grep ^key_mgmt)" key_mgmt=WPA2/IEEE\ 802.1X/EAP
	is "$(field network.ssid)" campus
	cp "$T/networks.kept" "$T/networks.conf"
	airlock reload
	on airlock-wpa2
	unchanged
}

a_hidden_network_is_joined_by_name()
{
	air ap 2 security transition
	air ap 2 ssid "$(hex vault)"
	air ap 2 hidden on
	settled
	echo "$secret" >"$T/in"
	expect 0 'joined "vault"' airlock join --hidden vault <"$T/in"
	grep -q '^	scan_ssid=1$' "$T/networks.conf"
	grep -q '^	key_mgmt=WPA-PSK SAE$' "$T/networks.conf"
	is "$(field network.ssid)" vault
	expect 0 'joined "airlock-wpa2"' airlock join airlock-wpa2 </dev/null
}

a_vanished_network_is_out_of_range()
{
	known >"$T/known.before"
	air ap 2 down
	settled
	expect 1 'join "vault": it is not in range' airlock join vault </dev/null
	on airlock-wpa2
	known | diff "$T/known.before" -
	expect 0 forgot airlock networks forget vault
	unchanged
	air ap 2 hidden off
	air ap 2 up
	settled
}

who_is_refused_is_told_why()
{
	air ap 2 full on
	settled
	echo "$secret" >"$T/in"
	expect 1 'refused us' airlock join vault <"$T/in"
	cat "$T/expect.log"
	on airlock-wpa2
	unchanged
	air ap 2 full off
	settled
}

whoever_gives_up_is_back_where_he_was()
{
	known >"$T/known.before"
	air dhcp off
	echo "$secret" >"$T/in"
	"$AIRLOCK_BUILD/src/cli/airlock" -c "$T/airlock.conf" join vault <"$T/in" >"$T/join.log" 2>&1 &
	joining=$!
	wait_for 40 grep -q associating "$T/join.log"
	# Nobody can read the passphrase off the list of processes.
	if cat /proc/[0-9]*/cmdline /proc/"$joining"/environ 2>/dev/null | grep -aqFf "$T/in"; then
		echo "it is in a list of arguments"
		return 1
	fi
	wait_field state addressing 20
	kill -TERM "$joining"
	status=0
	wait "$joining" || status=$?
	cat "$T/join.log"
	is "$status" 1
	grep -q 'given up' "$T/join.log"
	air dhcp on
	on airlock-wpa2
	known | diff "$T/known.before" -
	unchanged
}

# The file holds another passphrase than the access point has now.
a_changed_passphrase_is_asked_for()
{
	echo "$secret" >"$T/in"
	expect 0 'joined "vault"' airlock join vault <"$T/in"
	expect 0 'joined "airlock-wpa2"' airlock join airlock-wpa2 </dev/null
	air ap 2 passphrase 'another one #2'
	settled
	echo 'another one #2' >"$T/in"
	expect 0 'joined "vault"' airlock join vault <"$T/in"
	grep -q 'psk="another one #2"' "$T/networks.conf"
	is "$(grep -c '^network={' "$T/networks.conf")" 2
	known_are 'airlock-wpa2' 'vault [CURRENT]'
}

no_passphrase_is_in_the_log()
{
	airlock log >"$T/all.log"
	for s in "$secret" 'another one' not-the-passphrase; do
		if grep -F "$s" "$T/all.log"; then
			return 1
		fi
	done
}

without_a_router_the_file_tells()
{
	expect 6 'airlock is not running' airlock scan
	expect 6 'airlock is not running' airlock join airlock-wpa2
	expect 6 'airlock is not running' airlock leave
	airlock networks | grep -Eq '^  WPA2-PSK +priority +0  airlock-wpa2$'
	expect 0 'has priority -5' airlock networks priority airlock-wpa2 -5
	grep -q '^	priority=-5$' "$T/networks.conf"
	rm "$T/networks.conf"
	airlock networks | grep -q 'no network is known'
}

user_file
configure
tcase start
tcase scan_shows_what_is_in_range
tcase scan_ends_within_a_second_of_the_results
tcase a_name_has_1_to_32_bytes
tcase what_cannot_be_kept_is_said_before
tcase whoever_may_not_is_told
tcase a_terminal_does_not_show_what_is_typed
tcase wrong_passphrase_changes_nothing
tcase join_wpa3_and_keep_it
tcase a_known_network_needs_no_passphrase
tcase join_is_online_within_a_second_of_the_lease
tcase the_supplicant_gives_access_points_page_by_page
tcase networks_are_listed_preferred_and_forgotten
tcase once_keeps_nothing
tcase leave_and_come_back
tcase join_needs_a_passphrase_that_can_be_one
tcase an_open_network_needs_none
tcase an_encrypted_open_network_needs_none
tcase an_enterprise_network_is_joined_by_the_file
tcase a_hidden_network_is_joined_by_name
tcase a_vanished_network_is_out_of_range
tcase who_is_refused_is_told_why
tcase whoever_gives_up_is_back_where_he_was
tcase a_changed_passphrase_is_asked_for
tcase no_passphrase_is_in_the_log
tcase stop
tcase without_a_router_the_file_tells
finish
