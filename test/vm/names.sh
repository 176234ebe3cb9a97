#!/bin/sh
# names: SSIDs are bytes, and somebody in range chose them.
# shellcheck source=test/vm/lib.sh
. "$(dirname "$0")/lib.sh"

# harmless FILE: no byte in it that a terminal would obey, nor broken UTF-8.
harmless()
{
	python3 - "$1" <<'END'
import sys, unicodedata
text = open(sys.argv[1], "rb").read().decode("utf-8")
bad = [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs")]
sys.exit("it has %r" % bad if bad else 0)
END
}

# shown HEX TEXT: an access point of that name is joined; TEXT is how it is shown.
shown()
{
	expect 0 ok airlock air ap 1 ssid "$1"
	networks "	ssid=$1
	psk=\"airlock-demo\""
	expect 0 reloaded airlock reload
	wait_field network.ssid_hex "$1" 40
	wait_field state online 40
	airlock status >"$T/status"
	airlock status --json >"$T/status.json"
	airlock log >"$T/log"
	airlock log 2>&1 | grep -F "online: \"$2\", address" >"$T/line" || { echo "the log does not show $2"; tail -n 5 "$T/log"; return 1; }
	for f in status status.json log; do
		harmless "$T/$f"
	done
	is "$(field network.ssid)" "$2"
	grep -qF "network     $2  (WPA2-PSK, " "$T/status" || { cat "$T/status"; return 1; }
	fetch "$WEB" | grep -q 'a page of the world'
}

# bytes TEXT, hex ESCAPED-TEXT: in hexadecimal.
bytes()
{
	printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n'
}

hex()
{
	printf '%b' "$1" | od -An -v -tx1 | tr -d ' \n'
}

comes_online()
{
	start
}

quotes_and_commands()
{
	name="'\"\$(reboot)\`%n%s;&"
	shown "$(bytes "$name")" "$name"
}

backslashes_are_told_from_escapes()
{
	backslash=$(printf '\134')
	shown "$(bytes "${backslash}x1b$backslash")" "$backslash${backslash}x1b$backslash$backslash"
}

control_characters()
{
	shown 1b5b324a0d0a07097f00 '\x1b[2J\x0d\x0a\x07\x09\x7f\x00'
}

thirty_two_bytes_of_them()
{
	shown "$(printf 'ff%.0s' $(seq 32))" "$(printf '\\xff%.0s' $(seq 32))"
}

thirty_two_letters()
{
	shown "$(hex aaaaaaaaaabbbbbbbbbbccccccccccdd)" aaaaaaaaaabbbbbbbbbbccccccccccdd
}

characters_of_other_scripts_stay()
{
	shown "$(hex 'K\303\244se \346\227\245\346\234\254')" 'Käse 日本'
}

half_a_character_and_turned_text()
{
	shown "$(hex 'a\303 \342\200\256b \302\2332J')" 'a\xc3 \xe2\x80\xaeb \xc2\x9b2J'
}

blanks_and_an_equals_sign()
{
	shown "$(hex ' = #x')" ' = #x'
}

a_name_that_is_none_is_refused()
{
	expect 1 'an SSID is 1 to 32 bytes' airlock air ap 1 ssid ''
	expect 1 'an SSID is 1 to 32 bytes' airlock air ap 1 ssid "$(printf 'ff%.0s' $(seq 33))"
	expect 1 'an SSID is 1 to 32 bytes' airlock air ap 1 ssid zz
	expect 1 'access points are 1 to 2' airlock air ap 3 down
	expect 1 'commands are ap, crowd and dhcp' airlock air reboot
	expect 2 'usage' airlock air
}

a_wrong_key_is_told_of_such_a_name_too()
{
	expect 0 ok airlock air ap 1 ssid 1b5b33316d2522
	networks '	ssid=1b5b33316d2522
	psk="not the passphrase"'
	airlock reload
	wait_for 30 says_wrong
	airlock status >"$T/status" || true
	harmless "$T/status"
}

says_wrong()
{
	field reason | grep -qF 'wrong passphrase for "\x1b[31m%""'
}

networks "$wpa2"
configure
for c in \
	comes_online quotes_and_commands backslashes_are_told_from_escapes control_characters \
	thirty_two_bytes_of_them thirty_two_letters characters_of_other_scripts_stay \
	half_a_character_and_turned_text blanks_and_an_equals_sign \
	a_name_that_is_none_is_refused a_wrong_key_is_told_of_such_a_name_too; do
	tcase $c
done
finish
