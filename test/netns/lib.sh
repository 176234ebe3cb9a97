# shellcheck shell=sh disable=SC2154
#
# The words that the cases of hostnet are written in, on either system: start, finish,
# crash, refused, has, hasnt, compare.  Who reads this sets $dir, $run, $state, $tool and
# has a function snapshot, which prints all that hostnet could have changed.

pid=
lab=

cleanup() {
	exec 9>&- 8>&-
	[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
	[ -z "$lab" ] || kill -9 "$lab" 2>/dev/null
	[ ! -s "$dir/orphan" ] || kill -9 "$(cat "$dir/orphan")" 2>/dev/null
}
trap cleanup EXIT

fail() {
	echo "$*"
	[ ! -s "$dir/out" ] || cat "$dir/out"
	exit 1
}

# must COMMAND...: it succeeds.  has TEXT COMMAND...: its output has TEXT.
must() { "$@" || fail "failed: $*"; }
has() {
	text=$1
	shift
	"$@" 2>&1 | grep -qF -- "$text" || fail "without \"$text\": $*: $("$@" 2>&1)"
}
hasnt() {
	text=$1
	shift
	! "$@" 2>&1 | grep -qF -- "$text" || fail "with \"$text\": $*: $("$@" 2>&1)"
}

# start VERB WORD...: the tool in the background, until it says "applied".
start() {
	verb=$1
	shift
	rm -f "$dir/in"
	must mkfifo "$dir/in"
	"$tool" "$verb" "$run" "$state" "$@" <"$dir/in" >"$dir/out" 2>&1 8>&- &
	pid=$!
	exec 9>"$dir/in"
	n=0
	until grep -q '^applied' "$dir/out"; do
		kill -0 "$pid" 2>/dev/null || fail "the tool ended"
		n=$((n + 1))
		[ $n -lt 200 ] || fail "not applied after 10 s"
		sleep 0.05
	done
}

# Close its standard input and see how it ends.
finish() {
	exec 9>&-
	wait "$pid" || fail "exit status $?"
	pid=
}

# answered LETTER LINE, lab_answered LETTER LINE: told that letter, the tool says that line.
answered() {
	before=$(wc -l <"$dir/out")
	printf %s "$1" >&9
	said "$dir/out" "$2"
}

lab_answered() {
	before=$(wc -l <"$dir/lab-out")
	printf %s "$1" >&8
	said "$dir/lab-out" "$2"
}

said() {
	n=0
	until tail -n +$((before + 1)) "$1" | grep -qxF -- "$2"; do
		n=$((n + 1))
		[ $n -lt 100 ] || fail "does not say \"$2\": $(tail -n +$((before + 1)) "$1")"
		sleep 0.05
	done
}

crash() {
	kill -9 "$pid"
	wait "$pid" 2>/dev/null
	exec 9>&-
	pid=
}

# The same for another machine of this host, on interface lab.
lab_start() {
	rm -f "$dir/lab-in"
	mkdir -p "$dir/lab-run" "$dir/lab-state"
	must mkfifo "$dir/lab-in"
	"$tool" apply "$dir/lab-run" "$dir/lab-state" as=lab "$@" <"$dir/lab-in" >"$dir/lab-out" 2>&1 9>&- &
	lab=$!
	exec 8>"$dir/lab-in"
	n=0
	until grep -q '^applied' "$dir/lab-out"; do
		kill -0 "$lab" 2>/dev/null || fail "the other ended: $(cat "$dir/lab-out")"
		n=$((n + 1))
		[ $n -lt 200 ] || fail "the other not applied after 10 s"
		sleep 0.05
	done
}

lab_finish() {
	exec 8>&-
	wait "$lab" || fail "exit status $? of the other"
	lab=
}

lab_crash() {
	kill -9 "$lab"
	wait "$lab" 2>/dev/null
	exec 8>&-
	lab=
}

compare() {
	snapshot >"$dir/after"
	cmp -s "$dir/before" "$dir/after" || fail "$(diff "$dir/before" "$dir/after")"
}

# Errors: `refused STATUS TEXT VERB WORD...`
refused() {
	status=$1
	text=$2
	shift 2
	"$tool" apply "$run" "$state" "$@" </dev/null >"$dir/out" 2>&1
	got=$?
	[ $got -eq "$status" ] || fail "exit status $got, not $status"
	has "$text" cat "$dir/out"
}

