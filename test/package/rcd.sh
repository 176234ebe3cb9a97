#!/bin/sh
# rcd: the rc.d script of FreeBSD, every verb of it, against a recorded `airlock` and a
# double of rc.subr(8): in an environment as empty as service(8) makes it, run and, as at
# the start of a system, sourced.
set -u
: "${AIRLOCK_TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM HUP
bad=0
: >"$T/problem"

# result NAME: a case that failed when the file "problem" has a line.
result()
{
	if [ -s "$T/problem" ]; then
		echo "not ok - $1: $(tail -n 1 "$T/problem")"
		sed 's/^/# /' "$T/problem"
		bad=1
	else
		echo "ok - $1"
	fi
	: >"$T/problem"
}

sed -e "s|@sbindir@|$T/sbin|" -e "s|@prefix@|$T|" -e "s|^\. /etc/rc.subr|. $AIRLOCK_TOP/test/lib/rc.subr|" \
	"$AIRLOCK_TOP/service/airlock.rc.in" >"$T/airlock"
chmod 755 "$T/airlock"
mkdir "$T/sbin"
# Says what it is told; ends as the file "answer.VERB" says, after the time in "delay.VERB".
cat >"$T/sbin/airlock" <<-END
	#!/bin/sh
	echo "airlock \$*" >>"$T/calls"
	for verb; do
		case \$verb in
		start | stop | status | reload | suspend | resume | wait-online)
			[ ! -e "$T/delay.\$verb" ] || sleep "\$(cat "$T/delay.\$verb")"
			[ ! -e "$T/answer.\$verb" ] || exit "\$(cat "$T/answer.\$verb")" ;;
		esac
	done
END
chmod 755 "$T/sbin/airlock"

# rc CONFIGURATION VERB...: its output in "out", its calls in "calls", its status.
rc()
{
	echo "$1" >"$T/rc.conf"
	shift
	: >"$T/calls"
	env -i HOME=/ PATH=/sbin:/bin:/usr/sbin:/usr/bin RC_CONF="$T/rc.conf" "$SH" "$T/airlock" "$@" >"$T/out" 2>&1
}

# calls LINE...: what it must have called, in any order.
calls()
{
	printf '%s\n' "$@" | sed '/^$/d' | sort >"$T/want"
	sort "$T/calls" | diff "$T/want" - >"$T/diff" || cat "$T/diff" "$T/out" >>"$T/problem"
}

# in_order LINE...: the same in this order.
in_order()
{
	printf '%s\n' "$@" | diff - "$T/calls" >"$T/diff" || cat "$T/diff" "$T/out" >>"$T/problem"
}

# status WANT GOT
status()
{
	[ "$1" = "$2" ] || echo "status $2, not $1" >>"$T/problem"
}

says()
{
	grep -q -- "$1" "$T/out" || { echo "it does not say: $1" && cat "$T/out"; } >>"$T/problem"
}

silent()
{
	[ ! -s "$T/out" ] || { echo "it says:" && cat "$T/out"; } >>"$T/problem"
}

on='airlock_enable="YES"'
two='airlock_enable="YES"; airlock_machines="airlock lab"'

verbs()
{
	rc "$on" start
	status 0 $? && calls 'airlock -n airlock start --yes --no-wait' && says 'Starting airlock: airlock.'
	result "start"
	rc "$on" faststart
	status 0 $? && calls 'airlock -n airlock start --yes --no-wait' && silent
	result "start of the system"
	rc "$on" stop
	status 0 $? && calls 'airlock -n airlock stop'
	result "stop"
	rc "$on" faststop
	status 0 $? && calls 'airlock -n airlock stop'
	result "end of the system"
	rc "$on" restart
	status 0 $? && in_order 'airlock -n airlock stop' 'airlock -n airlock start --yes --no-wait'
	result "restart"
	for verb in reload suspend resume status; do
		rc "$on" $verb
		status 0 $? && calls "airlock -n airlock $verb"
		result "$verb"
	done
	rc "$on" extracommands
	says 'reload suspend resume'
	result "extracommands"
	rc "$on" doctor
	status 1 $? && calls ''
	result "a verb that it does not have"
	rc "$on" describe
	says 'virtual machine'
	result "describe"
}

not_enabled()
{
	for verb in start stop restart reload suspend resume; do
		rc 'airlock_machines="lab"' $verb
		status 0 $? && calls ''
	done
	rc '' status
	calls 'airlock -n airlock status'
	result "not enabled, it does nothing"
	rc '' onestart
	status 0 $? && calls 'airlock -n airlock start --yes --no-wait'
	rc '' onesuspend
	status 0 $? && calls 'airlock -n airlock suspend'
	result "... unless it is told to, once"
	rc "$on" enabled && ! rc '' enabled || echo "it does not know whether it is enabled" >>"$T/problem"
	result "enabled"
}

several()
{
	rc "$two" start
	status 0 $?
	in_order 'airlock -n airlock start --yes --no-wait' 'airlock -n lab start --yes --no-wait'
	for verb in stop reload suspend resume status; do
		rc "$two" $verb
		status 0 $? && calls "airlock -n airlock $verb" "airlock -n lab $verb"
	done
	result "several machines"
	rc "$two" stop lab && calls 'airlock -n lab stop'
	rc "$two" restart lab && in_order 'airlock -n lab stop' 'airlock -n lab start --yes --no-wait'
	result "one of them"
	rc "$two; airlock_flags='-c /tmp/a.conf'" reload
	calls 'airlock -c /tmp/a.conf -n airlock reload' 'airlock -c /tmp/a.conf -n lab reload'
	result "flags"
	# The kernel sleeps after ten seconds, whatever we do.
	echo 1 >"$T/delay.suspend"
	before=$(date +%s)
	rc "$on; airlock_machines='a b c d e'" suspend
	[ $(($(date +%s) - before)) -lt 4 ] || echo "five of one second took $(($(date +%s) - before)) s" >>"$T/problem"
	rm "$T/delay.suspend"
	[ "$(wc -l <"$T/calls")" = 5 ] || echo "not all were told" >>"$T/problem"
	result "they are put off at once"
}

failures()
{
	echo 6 >"$T/answer.stop"
	rc "$on" stop
	status 0 $?
	echo 1 >"$T/answer.stop"
	rc "$two" stop
	status 1 $? && calls 'airlock -n airlock stop' 'airlock -n lab stop'
	rm "$T/answer.stop"
	result "stop of what does not run, and one that fails"
	echo 5 >"$T/answer.start"
	rc "$two; airlock_wait=5" faststart
	status 1 $? && says 'lab was not started: airlock -n lab doctor'
	calls 'airlock -n airlock start --yes --no-wait' 'airlock -n lab start --yes --no-wait'
	rm "$T/answer.start"
	result "one that cannot start is said, and nothing waits for it"
	echo 6 >"$T/answer.status"
	rc "$on" status
	status 1 $?
	echo 1 >"$T/answer.status"
	rc "$on" status
	status 0 $?
	rm "$T/answer.status"
	result "status of one that is down, and of one that is not online yet"
	for verb in reload suspend resume; do
		echo 1 >"$T/answer.$verb"
		rc "$on" $verb
		status 1 $?
		rm "$T/answer.$verb"
	done
	result "what fails is told to who asked"
}

waiting()
{
	rc "$on; airlock_wait=20" start
	in_order 'airlock -n airlock start --yes --no-wait' 'airlock -n airlock wait-online --timeout 20'
	rc "$on; airlock_wait=YES" start
	in_order 'airlock -n airlock start --yes --no-wait' 'airlock -n airlock wait-online --timeout 60'
	result "the start waits when it is told to"
	echo 2 >"$T/delay.wait-online" && echo 1 >"$T/answer.wait-online"
	rc "$two; airlock_wait=2" start
	status 0 $? && says 'airlock is not online yet'
	! grep -q 'lab wait-online' "$T/calls" || echo "it waits once for each" >>"$T/problem"
	rm "$T/delay.wait-online" "$T/answer.wait-online"
	result "... no longer than that in all"
	for value in no NO 0 ''; do
		rc "$on; airlock_wait='$value'" faststart
		calls 'airlock -n airlock start --yes --no-wait' && silent
	done
	for value in -1 soon 5s 99999 '1 2'; do
		rc "$on; airlock_wait='$value'" start
		status 0 $? && calls 'airlock -n airlock start --yes --no-wait' && says 'not waiting'
	done
	result "... and not for what is no time"
}

# As rc(8) does it: in a shell of its own that has the verb as its first word.
sourced()
{
	echo "$on" >"$T/rc.conf" && : >"$T/calls"
	# shellcheck disable=SC2016  # the inner shell expands
	RC_CONF=$T/rc.conf "$SH" -c '( set faststart; . "$0" )' "$T/airlock" >"$T/out" 2>&1
	status 0 $? && calls 'airlock -n airlock start --yes --no-wait' && silent
	result "sourced by rc"
}

head_of_it()
{
	for line in 'PROVIDE: airlock' 'REQUIRE: FILESYSTEMS kld ldconfig sysctl' 'BEFORE: netif' \
		'KEYWORD: nojail shutdown suspend resume'; do
		grep -qx "# $line" "$T/airlock" || echo "no line: # $line" >>"$T/problem"
	done
	result "its place in the order"
	# Every knob that it describes has a default, and the other way round.
	sed -n 's/^# \(airlock_[a-z]*\)=.*/\1/p' "$T/airlock" | sort >"$T/want"
	sed -n 's/^: "${\(airlock_[a-z]*\):=.*/\1/p' "$T/airlock" | sort | diff "$T/want" - >>"$T/problem"
	result "its knobs"
	# shellcheck disable=SC2013  # verbs are words
	for verb in $(grep -o '"airlock_all [a-z]*' "$T/airlock" | sed 's/.* //') start status wait-online; do
		grep -q "{\"$verb\", " "$AIRLOCK_TOP/src/cli/main.c" || echo "airlock has no verb $verb" >>"$T/problem"
	done
	grep -q '"start", cmd_start, ".*--yes.*--no-wait' "$AIRLOCK_TOP/src/cli/main.c" || echo "start lacks options" >>"$T/problem"
	result "what it calls is there"
}

head_of_it
SH=/bin/sh
"$SH" -n "$T/airlock" 2>>"$T/problem"
result "syntax"
verbs
not_enabled
several
failures
waiting
sourced
exit $bad
