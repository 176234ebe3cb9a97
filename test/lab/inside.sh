#!/bin/sh
# inside: the lab's cases, run in the outer machine by lab.service.
#
# Root of a machine that is thrown away: nothing here needs undoing, and nothing of
# airlock is configured for the lab but what is said in `lab_conf`.  Each case is a
# function and prints "ok - name (seconds)" or "not ok - name: why".  They build on
# each other, in this order.
set -u
T=/run/lab
mkdir -p "$T"
CONF=/etc/airlock.conf
# shellcheck source=test/lab/world.sh
. /lab/world.sh

# ------------------------------------------------------------------ helpers

# Hundredths of a second since the boot, a sleep included.
now()
{
	cut -d ' ' -f 1 /proc/uptime | tr -d .
}

# seconds HUNDREDTHS: "12.3".
seconds()
{
	echo "$(($1 / 100)).$(($1 / 10 % 10))"
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for()
{
	end=$(($(now) + $1 * 100))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(now)" -lt "$end" ] || { echo "in vain: $*"; return 1; }
		sleep 0.2
	done
}

# is VALUE WANTED WHAT: they are the same.
is()
{
	[ "$1" = "$2" ] || { echo "$3 is \"$1\" instead of \"$2\""; return 1; }
}

# says TEXT COMMAND...: its output has that.
says()
{
	text=$1
	shift
	"$@" >"$T/says" 2>&1 || true
	grep -qF -- "$text" "$T/says" || { echo "$*: does not say \"$text\": $(cat "$T/says")"; return 1; }
}

driver()
{
	basename "$(readlink "/sys/bus/pci/devices/$1/driver")" 2>/dev/null
}

# The interface of a card of this host, when it has one.
interface()
{
	ls "/sys/bus/pci/devices/$1/net" 2>/dev/null
}

field()
{
	airlock status --json 2>/dev/null | jq -r "$1"
}

page()
{
	busybox wget -q -T 20 -O - "http://$1/"
}

# ran NAME LIMIT COMMAND...: it succeeds within so many seconds; the time is noted.
ran()
{
	what=$1 limit=$2 began=$(now) status=0
	shift 2
	"$@" >"$T/ran" 2>&1 || status=$?
	took=$(($(now) - began))
	echo "# $what: $(seconds $took) s"
	[ $status = 0 ] || { cat "$T/ran"; echo "$what: status $status: $(tail -n 1 "$T/ran")"; return 1; }
	[ $took -le $((limit * 100)) ] || { echo "$what took $(seconds $took) s, not $limit at most"; return 1; }
}

# must NAME: a case without which the others make no sense.
must()
{
	forced=$1
	tcase "$1"
	[ "$status" = 0 ] || { echo end; exit; }
}

# tcase NAME: run a function as a case.  It fails at its first failing command.
tcase()
{
	case " ${only:-$1} ${forced:-} " in
	*" $1 "*) ;;
	*) return ;;
	esac
	case_began=$(now)
	(set -e; "$1") >"$T/case" 2>&1
	status=$?
	took=$(seconds $(($(now) - case_began)))
	if [ $status = 0 ]; then
		echo "ok - $1 ($took s)"
		grep '^# ' "$T/case"
		return
	fi
	echo "not ok - $1: $(tail -n 1 "$T/case") ($took s)"
	sed 's/^/# /' "$T/case"
	airlock log 2>/dev/null | grep -v 'guest/kernel' | tail -n 20 | sed 's/^/#   log: /'
}

# -------------------------------------------------------------------- cases

# The host's network goes through the card, as on a laptop before airlock comes.
the_card_works_for_the_host()
{
	udevadm settle
	is "$(driver "$CARD")" e1000e "the card's driver"
	world_start "$(interface "$WORLD")"
	wait_for 60 sh -c "ip route show default | grep -q 'dev $(interface "$CARD")'"
	ip -br addr show "$(interface "$CARD")" | sed 's/^/# /'
	says "a page of the world" page 203.0.113.80
}

# What is below /etc, but for accounts, which stay, and what NetworkManager writes.
etc()
{
	find /etc ! -path /etc/resolv.conf ! -path '/etc/*passwd*' ! -path '/etc/*group*' \
		! -path '/etc/*shadow*' ! -path '/etc/sub?id*' \
		'(' -type f -exec sha256sum {} + -o -type l -printf '%l %p\n' ')' | sort -k 2
}

the_package_installs()
{
	etc >"$T/etc.before"
	dpkg -i /lab/airlock.deb 2>&1 | sed 's/^/# /'
	is "$(systemctl is-enabled airlock.service)" disabled airlock.service
	mkdir -p /var/lib/airlock/images
	cp -a /lab/images/. /var/lib/airlock/images/
	airlock version | sed 's/^/# /'
	airlock image list | sed 's/^/# /'
	echo 'guest { start_timeout = 5min; }' >"$CONF"
	etc >"$T/etc"
}

cards_are_listed()
{
	airlock cards | sed 's/^/# /'
	says "$CARD" airlock cards
	is "$(airlock cards --json | jq -r ".[] | select(.address == \"$CARD\").driver")" e1000e "the driver"
}

# There are two cards, and the one meant carries the host's default route.
setup_guesses_nothing()
{
	status=0
	airlock setup --yes >"$T/out" 2>&1 </dev/null || status=$?
	cat "$T/out"
	is "$status" 2 "the status of setup without a card"
	status=0
	airlock setup --radio "$CARD" >"$T/out" 2>&1 </dev/null || status=$?
	cat "$T/out"
	is "$status" 5 "the status of setup without --yes"
	grep -q -e --yes "$T/out" || { echo "does not say --yes"; return 1; }
	etc | diff "$T/etc" -
}

setup_dry_run_changes_nothing()
{
	airlock setup --radio "$CARD" --yes --dry-run | tee "$T/dry" | sed 's/^/# /'
	grep -q '^write /etc/NetworkManager/' "$T/dry"
	grep -q "$CARD" "$T/dry"
	etc | diff "$T/etc" -
}

setup_does_it()
{
	airlock setup --radio "$CARD" --yes >"$T/out" </dev/null || { cat "$T/out"; return 1; }
	is "$(grep ^radio "$CONF")" "radio = \"$CARD\";" "the radio in $CONF"
	is "$(driver "$CARD")" e1000e "the card's driver"
	etc | diff "$T/etc" - | sed 's/^/# /'
}

# Everything well but what is so here: the card can only be reset with its bus.
doctor_finds_nothing_failing()
{
	airlock doctor >"$T/out" || { cat "$T/out"; return 1; }
	sed 's/^/# /' "$T/out"
	airlock doctor --json >"$T/doctor.json"
	for name in virtualization hypervisor memory card iommu interrupts vfio image driver addresses; do
		is "$(jq -r ".[] | select(.name == \"$name\").state" "$T/doctor.json")" ok "doctor's $name"
	done
	says "no function level reset" airlock doctor
}

the_hosts_way_out_is_not_taken_unasked()
{
	status=0
	airlock start >"$T/out" 2>&1 || status=$?
	cat "$T/out"
	is "$status" 5 "the status of start"
	grep -q -e --yes "$T/out" || { echo "does not say --yes"; return 1; }
	is "$(driver "$CARD")" e1000e "the card's driver"
}

# Whatever a case that failed has left.
nothing_runs()
{
	airlock stop >/dev/null 2>&1 || true
}

online()
{
	is "$(field .state)" online "the state"
}

# Through the guest and the card: frames cross the wire, names and pages come back.
traffic_goes_through_the_card()
{
	online
	[ ! -e "/sys/bus/pci/devices/$CARD/net" ] || { echo "the host still has the card"; return 1; }
	before=$(frames)
	ping -c 3 -W 10 192.168.5.1 | sed 's/^/# /'
	ping -q -c 1 -W 10 203.0.113.80 >/dev/null
	is "$(page 203.0.113.80)" "a page of the world" "the page"
	is "$(page web.airlock.test)" "a page of the world" "the page by name"
	[ "$(frames)" -gt $((before + 8)) ] || { echo "only $(($(frames) - before)) frames on the wire"; return 1; }
	is "$(ip route show default | head -n 1 | sed 's/.* dev \([^ ]*\).*/\1/')" airlock0 "the default route's interface"
}

start_with_the_card()
{
	# As doctor says; setup would not, while the card had its connection.
	systemctl reload NetworkManager.service
	sleep 2
	ran "start to online" 120 airlock start --yes
	echo "$took" >"$T/start"
	online
}

# It writes /etc/resolv.conf when it is told to look again.
names_survive_networkmanager()
{
	systemctl reload NetworkManager.service
	sleep 3
	wait_for 10 page web.airlock.test
	grep -v '^#' /etc/resolv.conf | sed 's/^/# /'
}

status_shows_the_card()
{
	airlock status | sed 's/^/# /'
	is "$(driver "$CARD")" vfio-pci "the card's driver"
	says "$CARD" airlock status
	says 82574L airlock status
	airlock status --json | jq -c . | sed 's/^/# /'
	says ", kvm," airlock status
}

# QEMU is nobody's, and has of VFIO its group's node alone.
the_hypervisor_has_no_rights()
{
	vm=$(pgrep -x airlock-vm)
	uid=$(sed -n 's/^Uid:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$vm/status")
	[ "$uid" != 0 ] || { echo "QEMU runs as root"; return 1; }
	is "$(sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$vm/status")" 0000000000000000 "QEMU's capabilities"
	is "$(sed -n 's/^Seccomp:[[:space:]]*//p' "/proc/$vm/status")" 2 "QEMU's seccomp"
	group=$(basename "$(readlink "/sys/bus/pci/devices/$CARD/iommu_group")")
	is "$(stat -c %u "/dev/vfio/$group")" "$uid" "the owner of /dev/vfio/$group"
	grep '^Max locked memory' "/proc/$vm/limits" | sed 's/^/# /'
	is "$(cat /sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts)" N allow_unsafe_interrupts
}

suspend_and_resume()
{
	ran "suspend" 3 airlock suspend
	says asleep airlock status
	is "$(driver "$CARD")" vfio-pci "the card's driver"
	! pgrep -x airlock-vm >/dev/null || { echo "the guest runs"; return 1; }
	ran "resume to online" $(($(cat "$T/start") / 100 + 1)) airlock resume --wait
	online
}

# Hundredths of a second that this host slept since its boot.
asleep()
{
	monotonic=$(sed -n 's/^now at \([0-9]*\) nsecs/\1/p' /proc/timer_list)
	echo $(($(now) - monotonic / 10000000))
}

# started_more_than N: the guest was started more often, by this daemon.
started_more_than()
{
	[ "$(field .guest.starts)" -gt "$1" ]
}

# Suspend to memory, but for the firmware's part of it (QEMU's sometimes does not come
# back): processes, devices, processors and clocks sleep for ten seconds, see the kernel's
# Documentation/power/basic-pm-debugging.rst.  The guest is back by itself.
sleep_and_wake()
{
	starts=$(field .guest.starts) before=$(asleep)
	dmesg --clear
	echo core >/sys/power/pm_test
	echo 10 >/sys/module/suspend/parameters/pm_test_delay
	systemctl suspend
	wait_for 60 sh -c 'dmesg | grep -q "PM: suspend exit"'
	woken=$(now)
	echo "# asleep for $(seconds $(($(asleep) - before))) s"
	wait_for 120 started_more_than "$starts"
	wait_for 120 airlock status
	echo "# from waking up to online: $(seconds $(($(now) - woken))) s"
	is "$(field .guest.starts)" $((starts + 1)) "the number of starts"
	online
}

# As `airlock setup` left it: systemd's sleep asks the guest to be off before.
the_host_sleeps()
{
	since=$(date +%s)
	sleep_and_wake
	journalctl --no-pager -o cat -u airlock-sleep --since "@$since" | sed 's/^/# /'
	airlock log | grep -q "about to sleep" || { echo "the guest was not told"; return 1; }
}

a_sleep_that_nobody_announces_is_noticed()
{
	systemctl mask --runtime airlock-sleep.service >/dev/null 2>&1
	sleep_and_wake
	systemctl unmask --runtime airlock-sleep.service >/dev/null 2>&1
}

stop_gives_the_card_back()
{
	ran "stop" 3 airlock stop
	the_card_is_back
}

the_service_brings_the_router()
{
	nothing_runs
	ran "service to online" 120 systemctl start airlock.service airlock-wait-online.service
	online
	systemctl --no-pager status airlock.service | head -n 12 | sed 's/^/# /'
}

# Everything of it killed: the service begins anew, with the same card.
the_service_survives_a_kill()
{
	systemctl kill --signal KILL airlock.service
	wait_for 30 sh -c '! airlock status >/dev/null'
	wait_for 120 airlock status
	online
}

the_service_stops()
{
	ran "service stop" 10 systemctl stop airlock.service
	the_card_is_back
}

# The driver, the interface, and no trace; it carries traffic again.
the_card_is_back()
{
	wait_for 10 test -d "/sys/bus/pci/devices/$CARD/net"
	udevadm settle
	is "$(driver "$CARD")" e1000e "the card's driver"
	is "$(cat "/sys/bus/pci/devices/$CARD/driver_override")" "(null)" driver_override
	back=$(interface "$CARD")
	ip link set "$back" up
	wait_for 30 sh -c "ip link show $back | grep -q LOWER_UP"
	busybox udhcpc -q -n -f -t 10 -i "$back" -s /bin/true 2>&1 | sed 's/^/# /'
	! ip link show airlock0 >/dev/null 2>&1 || { echo "airlock0 is left"; return 1; }
	! pgrep -x airlock-vm >/dev/null || { echo "QEMU is left"; return 1; }
	! pgrep -x airlock-daemon >/dev/null || { echo "the daemon is left"; return 1; }
	is "$(ls -A /run/airlock 2>/dev/null)" "" "what is in /run/airlock"
	group=$(basename "$(readlink "/sys/bus/pci/devices/$CARD/iommu_group")")
	[ ! -e "/dev/vfio/$group" ] || { echo "/dev/vfio/$group is left"; return 1; }
}

a_killed_daemon_is_cleaned_up_after()
{
	nothing_runs
	ran "start to online" 120 airlock start --yes
	pgrep -x airlock-daemon | xargs kill -9
	wait_for 10 sh -c '! pgrep -x airlock-vm'
	is "$(driver "$CARD")" vfio-pci "the card's driver"
	ran "stop" 10 airlock stop
	the_card_is_back
}

# resume = "reload-hypervisor": card and modules are let go of while the host sleeps.
a_sleep_without_the_hypervisor()
{
	nothing_runs
	conf=$T/reload.conf
	printf 'radio = "%s";\nresume = "reload-hypervisor";\nguest { start_timeout = 5min; }\n' "$CARD" >"$conf"
	ran "start to online" 120 airlock -c "$conf" start --yes
	ran "suspend" 3 airlock suspend
	wait_for 10 test ! -d /sys/module/vfio_pci
	wait_for 10 test ! -d /sys/module/kvm_amd
	is "$(driver "$CARD")" e1000e "the card's driver"
	ran "resume to online" 120 airlock resume --wait
	is "$(driver "$CARD")" vfio-pci "the card's driver"
	traffic_goes_through_the_card
	ran "stop" 3 airlock stop
	the_card_is_back
}

# Pulled out while it runs: said, and found again by the next start.
a_card_pulled_out_is_noticed()
{
	nothing_runs
	ran "start to online" 120 airlock start --yes
	echo 1 >"/sys/bus/pci/devices/$CARD/remove" &
	wait_for 30 sh -c "airlock status 2>&1 | grep -q unplugged || airlock log 2>&1 | grep -q unplugged"
	airlock status 2>&1 | sed 's/^/# /' || true
	airlock stop || true
	wait
	echo 1 >/sys/bus/pci/rescan
	the_card_is_back
}

# The same under software emulation in the software emulation.
under_tcg_too()
{
	nothing_runs
	conf=$T/tcg.conf
	printf 'radio = "%s";\nguest { accel = "tcg"; start_timeout = 10min; stop_timeout = 60s; }\n' "$CARD" >"$conf"
	ran "start to online" 600 airlock -c "$conf" start --yes
	says ", tcg," airlock status
	traffic_goes_through_the_card
	ran "stop" 30 airlock stop
	the_card_is_back
}

# Everything as before airlock came: NetworkManager has its card again.
setup_undo_leaves_nothing()
{
	airlock setup --undo | sed 's/^/# /'
	etc | diff "$T/etc" -
	wait_for 60 sh -c "ip route show default | grep -q 'dev $(interface "$CARD")'"
	says "a page of the world" page 203.0.113.80
}

# Removed while it runs: the card is back, and nothing of it is left.
the_package_goes()
{
	nothing_runs
	airlock setup --radio "$CARD" --yes </dev/null >/dev/null
	ran "start to online" 120 airlock start --yes
	dpkg --purge airlock 2>&1 | sed 's/^/# /'
	the_card_is_back
	rm -f "$CONF"
	etc | diff "$T/etc.before" -
	for left in /var/lib/airlock /var/cache/airlock /run/airlock /usr/share/airlock; do
		[ ! -e "$left" ] || { echo "left: $left"; return 1; }
	done
}

# ---------------------------------------------------------------------- run

for device in /sys/bus/pci/devices/*; do
	case $(cat "$device/class"):$(cat "$device/device") in
	0x020000:0x10d3) # behind a bridge, as in a laptop, is the one under test
		case $(readlink -f "$device") in
		*/0000:*/0000:*) CARD=$(basename "$device") ;;
		*) WORLD=$(basename "$device") ;;
		esac
		;;
	esac
done
only=$(cat /lab/cases)
echo "# $(uname -r), $(qemu-system-x86_64 --version | head -n 1), booted in $(seconds "$(now)") s"
echo "# the card: ${CARD:-none}, the world's: ${WORLD:-none}"
must the_card_works_for_the_host
must the_package_installs
tcase cards_are_listed
tcase setup_guesses_nothing
tcase setup_dry_run_changes_nothing
must setup_does_it
tcase doctor_finds_nothing_failing
tcase the_hosts_way_out_is_not_taken_unasked
must start_with_the_card
tcase traffic_goes_through_the_card
tcase names_survive_networkmanager
tcase status_shows_the_card
tcase the_hypervisor_has_no_rights
tcase suspend_and_resume
tcase traffic_goes_through_the_card
tcase stop_gives_the_card_back
tcase a_killed_daemon_is_cleaned_up_after
tcase a_card_pulled_out_is_noticed
tcase the_service_brings_the_router
tcase traffic_goes_through_the_card
tcase the_host_sleeps
tcase traffic_goes_through_the_card
tcase a_sleep_that_nobody_announces_is_noticed
tcase the_service_survives_a_kill
tcase the_service_stops
tcase a_sleep_without_the_hypervisor
tcase under_tcg_too
tcase setup_undo_leaves_nothing
tcase the_package_goes
echo end
