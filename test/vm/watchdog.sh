#!/bin/sh
# watchdog: a radio that is dead while the guest runs is brought back, step by step.
#
# The card is an emulated e1000e; what ails it is done to it by the guest's console.
# shellcheck source=test/vm/lib.sh
. "$(dirname "$0")/lib.sh"

RADIO=simulated-wired

DEAD='the radio is dead'
DRIVER="$DEAD: its interface is gone; its driver was started anew"
RESET="$DEAD: its interface is gone; the card was reset"
RESTART="$DEAD (its interface is gone), and neither its driver nor a reset revives it"

# said TEXT: how often the host's log has it.
said()
{
	airlock log | grep -cF -- "$1"
}

# card: its address in the guest.
card()
{
	guest 'ls /sys/bus/pci/drivers/e1000e' | grep -o '0000:[0-9a-f:.]*' | head -n 1
}

works()
{
	wait_field state online "${1:-40}"
	fetch "$WEB" | grep -q 'a page of the world'
}

a_cable_without_a_link_is_no_dead_radio()
{
	start
	card >"$T/card"
	grep -q '^0000:' "$T/card"
	guest 'busybox ip link set wan0 down'
	reason_is associating '^the cable has lost its link$' 10
	sleep 10
	is "$(said "$DEAD")" 0
	guest 'busybox ip link set wan0 up'
	works
}

a_driver_that_let_go_is_started_anew()
{
	guest "echo $(cat "$T/card") >/sys/bus/pci/drivers/e1000e/unbind"
	reason_is no-radio 'the interface of the card is gone' 5
	wait_for 20 logged "$DRIVER"
	works
	is "$(field guest.starts)" 1
	is "$(said "$DRIVER")" 1
	field notice | grep -qF 'the radio was dead (its interface is gone): its driver was started anew'
}

a_card_that_fell_off_the_bus_is_found_and_reset()
{
	guest "echo 1 >/sys/bus/pci/devices/$(cat "$T/card")/remove"
	reason_is no-radio 'the card is gone' 5
	wait_for 40 logged "$RESET"
	works
	is "$(field guest.starts)" 1
}

# No driver takes the card any more, until the guest is started afresh.
refuse_all_drivers()
{
	guest "echo nonsense >/sys/bus/pci/devices/$1/driver_override; echo $1 >/sys/bus/pci/drivers/e1000e/unbind"
}

then_the_guest_is_started_afresh()
{
	refuse_all_drivers "$(cat "$T/card")"
	wait_for 40 logged "$RESTART"
	wait_field guest.starts 2 30
	works 60
}

all_steps_are_taken_in_their_order()
{
	airlock log | wc -l >"$T/before"
	refuse_all_drivers "$(card)"
	wait_field guest.starts 3 60
	airlock log | tail -n "+$(($(cat "$T/before") + 1))" | grep -F ' airlock ' | grep -oF \
		-e "$DRIVER" -e "$RESET" \
		-e "$RESTART" | uniq >"$T/steps"
	printf '%s\n' "$DRIVER" "$RESET" "$RESTART" | diff - "$T/steps"
	works 60
}

switched_off_it_says_so_and_does_nothing()
{
	configure 'guest { console = true; watchdog = false; }'
	expect 0 reloaded airlock reload
	before=$(said "$DEAD")
	guest "echo $(card) >/sys/bus/pci/drivers/e1000e/unbind"
	reason_is no-radio '^e1000e has let go of the card 8086:10d3$' 20
	sleep 6
	is "$(said "$DEAD")" "$before"
	configure 'guest { console = true; }'
	expect 0 reloaded airlock reload
	works
	is "$(field guest.starts)" 3
}

# A simulated radio is no function of PCI: only a fresh guest helps.
a_simulated_radio_that_vanished_takes_a_fresh_guest()
{
	RADIO=simulated
	configure 'guest { console = true; }'
	networks "$wpa2"
	start
	guest 'busybox rmmod mac80211_hwsim'
	wait_for 30 logged "$RESTART"
	wait_field guest.starts 2 30
	works 60
	stop
}

configure 'guest { console = true; }'
for c in \
	a_cable_without_a_link_is_no_dead_radio \
	a_driver_that_let_go_is_started_anew \
	a_card_that_fell_off_the_bus_is_found_and_reset \
	then_the_guest_is_started_afresh \
	all_steps_are_taken_in_their_order \
	switched_off_it_says_so_and_does_nothing \
	stop \
	a_simulated_radio_that_vanished_takes_a_fresh_guest; do
	tcase $c
done
finish
