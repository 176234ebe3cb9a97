#!/bin/sh
# one: run a test program, count its cases, say how it went.
#
#	one.sh LOGS NAME COMMAND...
#
# Its output goes to a log in the directory LOGS, and "PASSED FAILED SKIPPED" is
# added to LOGS/tally.  Several may run at once.
set -u
logs=$1 name=$2
shift 2
log=$logs/$(echo "$name" | tr '/ ' '--').log
began=$(date +%s)
"$@" >"$log" 2>&1 </dev/null
status=$?
s=$(grep -c '^ok - .*# SKIP' "$log") p=$(grep -c '^ok - ' "$log") f=$(grep -c '^not ok - ' "$log")
p=$((p - s))
if [ $status -ne 0 ] && [ "$f" -eq 0 ]; then
	echo "not ok - $name ended with status $status" >>"$log"
	f=1
elif [ $((p + f + s)) -eq 0 ]; then
	echo "not ok - $name ran no case" >>"$log"
	f=1
fi
echo "$p $f $s" >>"$logs/tally"
report=$(
	printf '%-34s %4d passed %3d failed %3d skipped %5d s\n' "$name" $p "$f" "$s" $(($(date +%s) - began))
	grep '^ok - .*# SKIP' "$log" | sed 's/^/    /'
	if [ "$f" -gt 0 ]; then
		grep '^not ok - ' "$log" | sed 's/^/    /'
		echo "    the end of $log:"
		tail -n 25 "$log" | sed 's/^/    | /'
	fi
)
echo "$report" # at once, not mixed with another's
