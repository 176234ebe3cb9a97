#!/bin/sh
# sleep: the host sleeps and wakes up, as its hooks and its clock tell.  Nothing
# sleeps here: the decision about clocks has its unit test.
# shellcheck source=test/vm/lib.sh
. "$(dirname "$0")/lib.sh"

world_answers()
{
	ping -n -q -c 3 -i 0.2 -W 5 "$WEB"
	fetch "$WEB" | grep -q 'a page of the world'
}

# On the way through us, or as it was before?
ways_are_ours()
{
	ip route show default | grep -q 'dev airlock0' || { echo "default route: $(ip route show default)"; return 1; }
	grep -qx 'nameserver 10.0.0.1' /etc/resolv.conf || { cat /etc/resolv.conf; return 1; }
}

ways_are_the_hosts()
{
	is "$(ip route show default)" ''
	is "$(cat /etc/resolv.conf)" 'nameserver 192.0.2.53'
}

# no_guest: nothing of it runs.
no_guest()
{
	! pgrep -x airlock-vm >/dev/null || { echo "QEMU runs"; return 1; }
}

# asleep: the state is true in all its parts.
asleep()
{
	is "$(field state)" down
	field reason | grep -q '^asleep: ' || { field reason; return 1; }
	is "$(field hypervisor.pid)" null
	is "$(field network)" null
	is "$(field uplink.address)" null
	is "$(field guest.uptime_ms)" 0
	no_guest
	ways_are_the_hosts
	expect 1 'asleep: ' airlock status
	# What leads nowhere is kept as it is: programs bound to it live on.
	ip -o addr show dev airlock0 | grep -q '10\.0\.0\.2/24'
	[ ! -e /run/wpa_supplicant/wlan0 ]
}

# took MS COMMAND...: it succeeds within that time.
took()
{
	most=$1 began=$(date +%s%3N)
	shift
	"$@" || { echo "$*: status $?"; return 1; }
	ms=$(($(date +%s%3N) - began))
	echo "$*: $ms ms"
	[ "$ms" -le "$most" ] || { echo "$*: $ms ms, more than $most"; return 1; }
}

nothing_to_do_is_a_success()
{
	for verb in suspend resume 'resume --wait'; do
		# shellcheck disable=SC2086  # words
		is "$(airlock $verb 2>&1)" ''
	done
}

suspend_returns_when_the_guest_is_off()
{
	start
	ways_are_ours
	starts=$(field guest.starts)
	# Two seconds for a machine that is busy.
	took 5000 airlock suspend
	asleep
	is "$(field guest.starts)" "$starts"
	logged 'the host is about to sleep'
}

suspend_again_changes_nothing()
{
	took 1000 airlock suspend
	asleep
}

start_says_that_it_runs()
{
	expect 1 'runs already' airlock start
	asleep
}

reload_works_while_asleep()
{
	expect 0 reloaded airlock reload
	asleep
}

resume_brings_it_back()
{
	index=$(index_of airlock0)
	took 2000 airlock resume
	field state | grep -Eq '^(booting|scanning)$'
	ways_are_the_hosts
	wait_field state online 60
	ways_are_ours
	world_answers
	is "$(index_of airlock0)" "$index"
	is "$(field guest.starts)" 2
	[ -S /run/wpa_supplicant/wlan0 ]
}

resume_of_an_awake_one_restarts_nothing()
{
	pid=$(field hypervisor.pid)
	took 1000 airlock resume
	is "$(field state)" online
	is "$(field hypervisor.pid)" "$pid"
	expect 0 '' airlock resume --wait
	is "$(field hypervisor.pid)" "$pid"
}

resume_waits_when_asked()
{
	airlock suspend
	airlock resume --wait >"$T/resume.log"
	is "$(field state)" online
	grep -q '^  online' "$T/resume.log"
	ways_are_ours
	world_answers
}

restart_wakes_it_too()
{
	airlock suspend
	asleep
	airlock restart >"$T/restart.log"
	is "$(field state)" online
	ways_are_ours
}

# freeze: the guest stands still and obeys nobody.
freeze()
{
	kill -STOP "$(pgrep -x airlock-vm)"
}

# goes_to_sleep: it is on its way; quickly said, as that lasts 2.5 s at most.
goes_to_sleep()
{
	airlock status | grep -q 'stopping.*: going to sleep$'
}

a_guest_that_does_not_obey_is_ended_in_time()
{
	freeze
	took 4500 airlock suspend
	[ "$ms" -ge 2000 ]
	asleep
	logged 'the guest does not power off: ending it'
	airlock resume --wait >"$T/resume.log"
	ways_are_ours
}

resume_on_the_way_to_sleep_comes_back()
{
	starts=$(field guest.starts)
	freeze
	airlock suspend >"$T/suspend.log" 2>&1 &
	suspending=$!
	wait_for 5 goes_to_sleep
	airlock resume
	status=0
	wait "$suspending" || status=$?
	is "$status" 1
	grep -q 'brought back before it was off' "$T/suspend.log"
	wait_field state online 60
	ways_are_ours
	is "$(field guest.starts)" $((starts + 1))
}

two_suspends_both_wait()
{
	freeze
	airlock suspend &
	first=$!
	wait_for 5 goes_to_sleep
	airlock suspend
	no_guest
	wait "$first"
	asleep
	airlock resume --wait >"$T/resume.log"
}

# crash: kill the guest's hypervisor, and see that it was noticed.
crash()
{
	pauses=$(airlock log | grep -c 'restarting in') || true
	kill -KILL "$(pgrep -x airlock-vm)"
	wait_for 5 crashed
}

crashed()
{
	[ "$(airlock log | grep -c 'restarting in')" -gt "$pauses" ]
}

# speaks: the guest's kernel is up.
speaks()
{
	airlock status | grep -q 'starts its services\|looking for\|associating'
}

# pauses SECONDS: before the launch that comes.
pauses()
{
	airlock log | grep 'restarting in' | tail -n 1 | grep -q "restarting in $1 s"
}

suspend_during_the_backoff()
{
	for _ in 1 2 3 4; do
		crash
		wait_for 20 speaks
	done
	crash
	pauses 3.2
	took 2000 airlock suspend
	asleep
	# Its end launches nothing.
	sleep 3
	asleep
	airlock resume --wait >"$T/resume.log"
	ways_are_ours
	# A sleep begins a new budget.
	crash
	pauses 0.2
	wait_field state online 60
}

suspend_in_the_middle_of_a_stop()
{
	freeze
	airlock stop >"$T/stop.log" 2>&1 &
	stopping=$!
	wait_field state stopping 5
	# A stop has thirty seconds, a host that wants to sleep has three.
	took 4500 airlock suspend
	wait "$stopping"
	nothing_left
	is "$(airlock resume 2>&1)" ''
	nothing_left
}

suspend_in_the_middle_of_a_start()
{
	airlock start >"$T/start.log" 2>&1 &
	starting=$!
	world_connect
	wait_field state booting 10
	took 2000 airlock suspend
	status=0
	wait "$starting" || status=$?
	is "$status" 6
	grep -q 'the host went to sleep before the router was online' "$T/start.log"
	asleep
	airlock resume --wait >"$T/resume.log"
	ways_are_ours
	world_answers
}

suspend_while_it_joins()
{
	airlock restart >"$T/restart.log" 2>&1 &
	restarting=$!
	wait_for 40 sh -c "grep -q '^  booting' '$T/restart.log'"
	airlock suspend
	status=0
	wait "$restarting" || status=$?
	is "$status" 6
	asleep
	airlock resume --wait >"$T/resume.log"
	world_answers
}

stop_while_asleep_leaves_nothing()
{
	airlock suspend
	stop
}

killed_while_asleep_it_starts_again()
{
	start
	airlock suspend
	asleep
	kill -KILL "$(cat /run/airlock/lock)"
	wait_for 10 sh -c '! pgrep -x airlock-daemon'
	is "$(airlock resume 2>&1)" ''
	start
	ways_are_ours
	world_answers
}

method_none_lets_it_sleep_as_it_is()
{
	echo 'resume = "none";' >>"$T/airlock.conf"
	expect 0 reloaded airlock reload
	pid=$(field hypervisor.pid)
	is "$(airlock suspend 2>&1)" ''
	is "$(field state)" online
	guest 'date -s @1000000000'
	is "$(airlock resume 2>&1)" ''
	is "$(field hypervisor.pid)" "$pid"
	then=$(guest 'date +%s')
	[ $(($(date +%s) - then)) -le 3 ]
	ways_are_ours
}

method_is_taken_as_it_is_then()
{
	sed -i '$d' "$T/airlock.conf"
	expect 0 reloaded airlock reload
	airlock suspend
	asleep
	echo 'resume = "none";' >>"$T/airlock.conf"
	expect 0 reloaded airlock reload
	# Who sleeps is woken by any method.
	airlock resume --wait >"$T/resume.log"
	is "$(field state)" online
	sed -i '$d' "$T/airlock.conf"
	expect 0 reloaded airlock reload
}

# modules: KVM's and vfio-pci's that this machine has.
modules()
{
	for module in kvm_intel kvm_amd vfio_pci; do
		[ ! -e "/sys/module/$module" ] || echo "$module"
	done
}

# Nothing of it is ours here: the guest runs without KVM, and there is no card.
method_reload_hypervisor_leaves_alone_what_others_use()
{
	before=$(modules)
	echo 'resume = "reload-hypervisor";' >>"$T/airlock.conf"
	expect 0 reloaded airlock reload
	airlock suspend
	asleep
	is "$(modules)" "$before"
	[ ! -e /run/airlock/modules ]
	airlock resume --wait >"$T/resume.log"
	is "$(field state)" online
	ways_are_ours
	world_answers
	is "$(modules)" "$before"
	sed -i '$d' "$T/airlock.conf"
	stop
}

networks "$wpa3"
configure 'guest { console = true; accel = "tcg"; }'
for c in \
	nothing_to_do_is_a_success \
	suspend_returns_when_the_guest_is_off \
	suspend_again_changes_nothing \
	start_says_that_it_runs \
	reload_works_while_asleep \
	resume_brings_it_back \
	resume_of_an_awake_one_restarts_nothing \
	resume_waits_when_asked \
	restart_wakes_it_too \
	a_guest_that_does_not_obey_is_ended_in_time \
	resume_on_the_way_to_sleep_comes_back \
	two_suspends_both_wait \
	suspend_during_the_backoff \
	suspend_in_the_middle_of_a_stop \
	suspend_in_the_middle_of_a_start \
	suspend_while_it_joins \
	stop_while_asleep_leaves_nothing \
	killed_while_asleep_it_starts_again \
	method_none_lets_it_sleep_as_it_is \
	method_is_taken_as_it_is_then \
	method_reload_hypervisor_leaves_alone_what_others_use; do
	tcase $c
done
finish
