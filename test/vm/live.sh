#!/bin/sh
# live: what changes and what is seen while the router runs: the user's networks,
# edited in every way, good and broken; the live view; the log; the console with
# several at it; the journal.
# shellcheck source=test/vm/lib.sh
. "$(dirname "$0")/lib.sh"

AIRLOCK=$AIRLOCK_BUILD/src/cli/airlock
NETWORKS=$T/networks.conf

starts()
{
	start
}

# knows SSID: the running supplicant has that network, and no other.
knows()
{
	[ "$(wpa_cli -p /run/wpa_supplicant -i wlan0 list_networks | awk -F '\t' 'NR > 1 { print $2 }')" = "$1" ]
}

# within MS COMMAND...: it succeeds before so many milliseconds are over.
within()
{
	began=$(date +%s%3N)
	limit=$1
	shift
	until "$@" >/dev/null 2>&1; do
		sleep 0.05
		if [ $(($(date +%s%3N) - began)) -gt "$limit" ]; then
			echo "not within $limit ms: $*"
			return 1
		fi
	done
	echo "# $* after $(($(date +%s%3N) - began)) ms" >>"$T/within"
}

# network SSID: a file with that network, which is nowhere.
network()
{
	printf 'network={\n\tssid="%s"\n\tpsk="wer das liest"\n}\n' "$1"
}

an_edit_in_place_takes_effect_within_two_seconds()
{
	wait_for 5 knows airlock-wpa3
	network in-place >"$NETWORKS"
	within 2000 knows in-place
}

a_file_renamed_over_it_takes_effect()
{
	network renamed >"$NETWORKS.new"
	mv "$NETWORKS.new" "$NETWORKS"
	within 2000 knows renamed
}

a_file_removed_and_written_again_takes_effect()
{
	rm "$NETWORKS"
	sleep 0.4
	network again >"$NETWORKS"
	within 2000 knows again
	# The moment without a file was not taken for a file without networks.
	! airlock log | grep -qF 'no networks are known' || { echo "taken away"; return 1; }
}

a_file_that_becomes_a_link_takes_effect()
{
	mkdir "$T/elsewhere"
	network linked >"$T/elsewhere/file"
	ln -sf "$T/elsewhere/file" "$NETWORKS"
	within 2000 knows linked
	network target >"$T/elsewhere/file.new"
	mv "$T/elsewhere/file.new" "$T/elsewhere/file"
	within 2000 knows target
	rm "$NETWORKS"
	networks "$wpa3"
	within 2000 knows airlock-wpa3
	wait_field state online 30
}

refused='networks.conf is refused: Line 3: '

a_broken_file_is_refused_and_the_one_before_stays()
{
	printf 'network={\n\tssid="broken"\n\tpsk="hunter2"\n}\n' >"$NETWORKS"
	within 2000 logged "$refused"
	knows airlock-wpa3
	is "$(field state)" online
	field notice | grep -qF "$refused"
	field notice | grep -qF 'the one before stays in use'
	airlock status | grep -q "^  notice  .*$refused"
	! airlock log | grep -qF hunter2 || { echo "the passphrase is in the log"; return 1; }
}

reload_fails_with_the_reason()
{
	expect 3 "$refused" airlock reload
	is "$(field state)" online
}

a_good_file_takes_the_notice_away()
{
	networks "$wpa3"
	wait_field notice null 3
	expect 0 reloaded airlock reload
	is "$(field state)" online
}

nothing_happens_while_nothing_changes()
{
	before=$(airlock log | grep -cF "$NETWORKS changed")
	touch "$NETWORKS"
	cp "$NETWORKS" "$NETWORKS.copy"
	mv "$NETWORKS.copy" "$NETWORKS"
	sleep 1.5
	is "$(airlock log | grep -cF "$NETWORKS changed")" "$before"
}

# ---------------------------------------------------------------------- log

log_is_in_order_and_can_be_narrowed()
{
	airlock log --json >"$T/log.json"
	python3 - "$T/log.json" <<'END'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert len(lines) > 50, len(lines)
assert all(set(l) == {"time_ms", "level", "source", "text"} for l in lines)
times = [l["time_ms"] for l in lines]
assert times == sorted(times), [(a, b) for a, b in zip(times, times[1:]) if a > b]
# The daemon heard of it after the guest had said it.
said = lambda source, text: [i for i, l in enumerate(lines) if l["source"] == source and text in l["text"]]
guest, daemon = said("guest/airlock-init", "online:"), said("airlock", "online:")
assert guest and daemon and guest[0] < daemon[0], (guest, daemon)
END
	airlock log --source kernel | grep -q guest/kernel
	is "$(airlock log --source kernel | grep -vc ' guest/kernel ')" 0
	airlock log --source guest | grep -q guest/wpa_supplicant
	is "$(airlock log --source guest --level warn | grep -Evc ' (error|warn) +guest/')" 0
	is "$(airlock log --level warn | grep -Evc '^[^ ]+ [^ ]+ (error|warn) ')" 0
	is "$(airlock log --since 0s)" ''
	airlock log --since 1h | grep -q 'online:'
	is "$(airlock log --since 1h | wc -l)" "$(airlock log | wc -l)"
	expect 2 'accepted: 10min' airlock log --since yesterday
	expect 2 'accepted: error, warn, info, debug' airlock log --level loud
}

log_goes_on_and_never_backwards()
{
	"$AIRLOCK" -c "$T/airlock.conf" log -f --since 0s --json >"$T/followed" &
	follower=$!
	sleep 0.5
	airlock reload
	wait_for 5 grep -q 'guest/airlock-init.*settings of the host' "$T/followed"
	kill "$follower"
	python3 - "$T/followed" <<'END'
import json, sys
times = [json.loads(line)["time_ms"] for line in open(sys.argv[1])]
assert times and times == sorted(times), times
END
}

# journal: a socket in the journal's place that writes down what it gets.
log_goes_to_the_journal()
{
	mkdir -p /run/systemd/journal
	python3 - "$T/journal" <<'END' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("/run/systemd/journal/socket")
with open(sys.argv[1], "wb", buffering=0) as out:
    while True:
        out.write(s.recv(65536) + b"\n")
END
	journal=$!
	chmod 666 "$(wait_for 5 test -S /run/systemd/journal/socket && echo /run/systemd/journal/socket)"
	sed -i 's/^log_to.*//' "$T/airlock.conf"
	echo 'log_to = "journal";' >>"$T/airlock.conf"
	airlock reload
	wait_for 5 grep -q 'MESSAGE=' "$T/journal"
	grep -q '^SYSLOG_IDENTIFIER=airlock$' "$T/journal"
	grep -q '^AIRLOCK_SOURCE=' "$T/journal"
	grep -q '^PRIORITY=[3-7]$' "$T/journal"
	sed -i 's/^log_to.*/log_to = "none";/' "$T/airlock.conf"
	airlock reload
	kill "$journal"
	rm -r /run/systemd
}

# ------------------------------------------------------------------ console

# viewer NAME [OPTION]: somebody at the console, who types what is put into NAME.keys.
viewer()
{
	mkfifo "$T/$1.keys"
	# shellcheck disable=SC2086  # an option or none
	"$AIRLOCK" -c "$T/airlock.conf" console ${2:-} <"$T/$1.keys" >"$T/$1.out" 2>"$T/$1.err" &
	echo $! >"$T/$1.pid"
}

console_has_several_viewers_and_one_writer_who_can_be_taken_over()
{
	viewer one
	exec 8>"$T/one.keys"
	echo 'echo fi""rst' >&8
	wait_for 5 grep -q first "$T/one.out"
	viewer two
	exec 9>"$T/two.keys"
	wait_for 5 grep -q first "$T/two.out" # what was said before
	wait_for 5 grep -qF 'another terminal is writing; airlock console -f takes over' "$T/two.err"
	echo 'echo sec""ond' >&8
	wait_for 5 grep -q second "$T/one.out"
	wait_for 5 grep -q second "$T/two.out"
	# Who does not write is not heard, and is told.
	echo 'echo thi""rd' >&9
	wait_for 5 grep -qF 'another terminal is writing on the console' "$T/two.err"
	! grep -q third "$T/one.out" || { echo "it was heard"; return 1; }
	exec 9>&-
	# One takes over, and is inherited from.
	viewer three -f
	exec 9>"$T/three.keys"
	wait_for 5 grep -qF 'another terminal took over; airlock console -f takes it back' "$T/one.err"
	echo 'echo fou""rth' >&9
	wait_for 5 grep -q fourth "$T/one.out"
	kill "$(cat "$T/three.pid")"
	wait_for 5 grep -qF 'you write now' "$T/one.err"
	echo 'echo fif""th' >&8
	wait_for 5 grep -q fifth "$T/one.out"
	exec 8>&- 9>&-
}

# A terminal: the banner names the key, which leaves.
console_names_its_escape_key()
{
	sed -i 's/^console_escape.*//' "$T/airlock.conf"
	echo 'console_escape = "^A";' >>"$T/airlock.conf"
	python3 "$AIRLOCK_TOP/test/vm/terminal.py" "$T/tty" 24 80 "$AIRLOCK" -c "$T/airlock.conf" console -f <<'END'
wait ^A (Ctrl-A) leaves
send \r
wait #
send \x01
end 0
END
}

# -------------------------------------------------------------------- watch

watch_json_is_an_object_a_line()
{
	timeout 3.5 "$AIRLOCK" -c "$T/airlock.conf" status --watch --json >"$T/watch" || true
	python3 - "$T/watch" <<'END'
import json, sys
reports = [json.loads(line) for line in open(sys.argv[1])]
assert len(reports) >= 3, len(reports)
assert all(r["state"] == "online" and r["internet"]["state"] for r in reports)
ages = [r["guest"]["uptime_ms"] for r in reports]
assert ages[-1] - ages[0] >= 1500, ages
END
}

watch_is_a_view_on_a_terminal()
{
	python3 "$AIRLOCK_TOP/test/vm/terminal.py" "$T/tty" 24 80 "$AIRLOCK" -c "$T/airlock.conf" status --watch <<'END'
wait \x1b[?1049h
wait online
wait airlock-wpa3
wait q leaves
size 10 40
wait received
send q
wait \x1b[?1049l
end 0
END
	python3 "$AIRLOCK_TOP/test/vm/terminal.py" "$T/tty" 24 80 "$AIRLOCK" -c "$T/airlock.conf" status --watch <<'END'
wait online
signal TERM
wait \x1b[?25h
wait \x1b[?1049l
end 0
END
}

watch_tells_that_the_router_goes_and_comes()
{
	"$AIRLOCK" -c "$T/airlock.conf" status --watch >"$T/watch" 2>&1 &
	watcher=$!
	"$AIRLOCK" -c "$T/airlock.conf" status --watch --json >"$T/watch.json" 2>&1 &
	watcher_json=$!
	wait_for 5 grep -q ' online: ' "$T/watch"
	stop
	wait_for 5 grep -qF 'not running: the router was stopped' "$T/watch"
	wait_for 5 grep -qF '"reason":"the router was stopped"' "$T/watch.json"
	start
	wait_for 5 sh -c "tail -n 1 '$T/watch' | grep -q ' online: '"
	wait_for 5 sh -c "tail -n 1 '$T/watch.json' | grep -qF '\"state\":\"online\"'"
	kill "$watcher" "$watcher_json"
	grep -q ' booting' "$T/watch"
}

the_passphrase_is_nowhere()
{
	! airlock log | grep -E 'wer das liest|hunter2|airlock-demo'
}

networks "$wpa3"
configure 'guest { console = true; }' 'log_to = "none";'
for c in \
	starts \
	an_edit_in_place_takes_effect_within_two_seconds \
	a_file_renamed_over_it_takes_effect \
	a_file_removed_and_written_again_takes_effect \
	a_file_that_becomes_a_link_takes_effect \
	a_broken_file_is_refused_and_the_one_before_stays \
	reload_fails_with_the_reason \
	a_good_file_takes_the_notice_away \
	nothing_happens_while_nothing_changes \
	log_is_in_order_and_can_be_narrowed \
	log_goes_on_and_never_backwards \
	log_goes_to_the_journal \
	console_has_several_viewers_and_one_writer_who_can_be_taken_over \
	console_names_its_escape_key \
	watch_json_is_an_object_a_line \
	watch_is_a_view_on_a_terminal \
	the_passphrase_is_nowhere \
	watch_tells_that_the_router_goes_and_comes; do
	tcase $c
done
cat "$T/within" 2>/dev/null
finish
