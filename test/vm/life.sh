#!/bin/sh
# life: start, what works then, stop; and what is left: nothing.
# shellcheck source=test/vm/lib.sh
. "$(dirname "$0")/lib.sh"

comes_online()
{
	start
	[ "$(field state)" = online ]
	[ "$(field network.ssid)" = airlock-wpa3 ]
	[ "$(field network.security)" = WPA3-SAE ]
	[ "$(field hypervisor.accelerator)" = tcg ] || grep -qwE 'vmx|svm' /proc/cpuinfo
}

world_answers()
{
	ping -n -q -c 3 -i 0.2 -W 5 "$WEB"
	fetch "$WEB" | grep -q 'a page of the world'
}

name_is_resolved_by_the_router()
{
	grep -qx 'nameserver 10.0.0.1' /etc/resolv.conf
	fetch web.airlock.test | grep -q 'a page of the world'
}

packets_take_the_route_through_the_guest()
{
	ping -n -c 1 -W 5 -t 1 "$WEB" | grep -q 'rom 10.0.0.1'
	ping -n -c 1 -W 5 -t 2 "$WEB" | grep -q 'rom 192.168.77.1'
}

second_start_says_so()
{
	expect 1 'runs already' airlock start
	[ "$(field state)" = online ]
}

stops_and_leaves_nothing()
{
	stop
	expect 6 'not running' airlock stop
	expect 6 'down' airlock status
}

networks "$wpa3"
configure
tcase comes_online
tcase world_answers
tcase name_is_resolved_by_the_router
tcase packets_take_the_route_through_the_guest
tcase second_start_says_so
tcase stops_and_leaves_nothing
finish
