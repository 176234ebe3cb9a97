#!/bin/sh
# demo: the proof for people, and that nothing is left of it.
# shellcheck source=test/vm/lib.sh
. "$(dirname "$0")/lib.sh"

# left_by_demo: what is there now and should not be.
left_by_demo()
{
	nothing_left
	# Its /run and its namespaces are in ours.
	is "$(find /run -maxdepth 1 -name 'airlock*')" ''
	is "$(lsns -n -t net -o NS | wc -l)" "$1"
	is "$(pgrep -x airlock || true)" ''
	is "$(findmnt -rn -o TARGET | sort)" "$(cat "$T/mounts")"
}

namespaces()
{
	lsns -n -t net -o NS | wc -l
}

passes_and_leaves_nothing()
{
	before=$(namespaces)
	airlock demo >"$T/demo" 2>&1 || { cat "$T/demo"; return 1; }
	for step in prepare start 'come online' ping route 'web page' throughput status stop; do
		grep -qx "$step" "$T/demo" || { echo "no step $step: $(cat "$T/demo")"; return 1; }
	done
	grep -q '^  online' "$T/demo"
	grep -q '3 of 3 from 203.0.113.80' "$T/demo"
	grep -Eq '^  10\.0\.0\.1 +the guest' "$T/demo"
	grep -Eq '^  192\.168\.77\.129 +the access point' "$T/demo"
	grep -Eq '^  203\.0\.113\.80 +the web server' "$T/demo"
	grep -q "bytes with this run's nonce" "$T/demo"
	grep -Eq '[0-9.]+ Mbit/s down, [0-9.]+ Mbit/s up' "$T/demo"
	grep -q 'hypervisor  QEMU' "$T/demo"
	grep -q 'crossed a real WPA3 handshake' "$T/demo"
	# Each step with its time.
	[ "$(grep -Ec '\([0-9.]+ (ms|s)\)$' "$T/demo")" -ge 7 ]
	left_by_demo "$before"
}

# interrupted SIGNAL: in the middle of coming online.
interrupted()
{
	before=$(namespaces)
	"$AIRLOCK_BUILD/src/cli/airlock" -c "$T/airlock.conf" demo --network airlock-wpa2 >"$T/demo" 2>&1 &
	demo=$!
	wait_for 30 grep -q '^  booting' "$T/demo"
	kill "-$1" "$demo"
	status=0
	wait "$demo" || status=$?
	is "$status" 130
	grep -q 'interrupted, cleaning up' "$T/demo"
	wait_for 5 gone
	left_by_demo "$before"
}

gone()
{
	! pgrep -x 'airlock-daemon|airlock-vm'
}

terminated_in_the_middle_leaves_nothing() { interrupted TERM; }

# A background job of a shell ignores SIGINT, unless a program of its own does not.
ctrl_c_in_the_middle_leaves_nothing()
{
	before=$(namespaces)
	python3 - "$AIRLOCK_BUILD/src/cli/airlock" "$T/airlock.conf" "$T/demo" <<'END'
import os, signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
with open(sys.argv[3], "wb") as log:
    p = subprocess.Popen([sys.argv[1], "-c", sys.argv[2], "demo"], stdout=log, stderr=log,
                         start_new_session=True)
end = time.time() + 40
while b"\n  scanning" not in open(sys.argv[3], "rb").read():
    assert time.time() < end, "it never scanned"
    time.sleep(0.1)
os.killpg(p.pid, signal.SIGINT)  # the whole group, as a terminal does
status = p.wait(20)
sys.exit(0 if status == 130 else "status %d" % status)
END
	wait_for 5 gone
	left_by_demo "$before"
}

killed_in_the_middle_leaves_no_process()
{
	before=$(namespaces)
	"$AIRLOCK_BUILD/src/cli/airlock" -c "$T/airlock.conf" demo >"$T/demo" 2>&1 &
	demo=$!
	wait_for 30 grep -q '^  booting' "$T/demo"
	kill -KILL "$demo"
	wait_for 5 gone
	is "$(namespaces)" "$before"
	rm -r /run/airlock-demo.*
	left_by_demo "$before"
}

fails_loudly()
{
	before=$(namespaces)
	# A kernel that is none.
	real=$(readlink -f "$AIRLOCK_STORE/current")
	mkdir -p "$T/broken/generations/${real##*/}"
	ln -s "generations/${real##*/}" "$T/broken/current"
	ln -s "$real"/* "$T/broken/generations/${real##*/}/"
	ln -sf /etc/passwd "$T/broken/generations/${real##*/}/vmlinux"
	status=0
	airlock demo --store "$T/broken" >"$T/demo" 2>&1 || status=$?
	[ "$status" -ne 0 ]
	grep -q '^airlock: demo, step "' "$T/demo"
	grep -q 'the end of the daemon.s log' "$T/demo"
	grep -q 'failed: the hypervisor never ran the guest' "$T/demo"
	left_by_demo "$before"
}

networks
configure
findmnt -rn -o TARGET | sort >"$T/mounts"
for c in \
	passes_and_leaves_nothing terminated_in_the_middle_leaves_nothing \
	ctrl_c_in_the_middle_leaves_nothing killed_in_the_middle_leaves_no_process fails_loudly; do
	tcase $c
done
finish
