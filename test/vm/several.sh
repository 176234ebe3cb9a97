#!/bin/sh
# several: two machines of one host at once, each with its interface, lock,
# sockets and subnet; what happens to one is nothing to the other.
# shellcheck source=test/vm/lib.sh
. "$(dirname "$0")/lib.sh"

lab()
{
	"$AIRLOCK_BUILD/src/cli/airlock" -n lab "$@"
}

# of_lab COMMAND...: a command of lib.sh, about the other machine.
of_lab()
{
	(
		airlock() { lab "$@"; }
		"$@"
	)
}

# The air of the other leads to a world of its own, with the same addresses.
lab_world()
{
	unshare --net sh -c "ip link set lo up && ip addr add $WEB/32 dev lo &&
		exec python3 -m http.server --bind $WEB --directory $T/www 80" >"$T/lab-world.log" 2>&1 &
	echo $! >"$T/lab-world.pid"
}

lab_connect()
{
	wait_for 20 ip link show lab-air
	ip link set lab-air netns "$(cat "$T/lab-world.pid")"
	nsenter -t "$(cat "$T/lab-world.pid")" -n sh -c 'ip addr add 198.51.100.1/24 dev lab-air &&
		ip link set lab-air up && ip route add 192.168.0.0/16 via 198.51.100.2'
}

lab_start()
{
	lab start >"$T/lab-start.log" 2>&1 &
	lab_starting=$!
	lab_connect
	wait "$lab_starting" || { cat "$T/lab-start.log"; lab log | tail -n 40; return 1; }
}

# asked ADDRESS...: these are asked for names, in this order.
asked()
{
	is "$(sed -n 's/^nameserver //p' /etc/resolv.conf | tr '\n' ' ')" "$* "
}

without_a_file_it_says_what_to_write()
{
	mv /etc/airlock/lab.conf "$T/kept"
	expect 3 '/etc/airlock/lab.conf: No such file' lab start
	grep -qF 'try: airlock -n lab setup, or write radio' "$T/expect.log"
	expect 3 'No such file' lab status
	lab help >/dev/null
	mv "$T/kept" /etc/airlock/lab.conf
	expect 2 'is no name of a machine' airlock -n ../lab status
	expect 6 'lab is not running' lab reload
	grep -qF 'try: airlock -n lab start' "$T/expect.log"
	is "$(of_lab field machine)" lab
}

both_start_at_the_same_moment()
{
	lab_world
	lab start >"$T/lab-start.log" 2>&1 &
	lab_starting=$!
	airlock start >"$T/start.log" 2>&1 &
	starting=$!
	world_connect
	lab_connect
	wait "$starting"
	wait "$lab_starting"
	is "$(field state)" online
	is "$(of_lab field state)" online
}

each_has_its_own()
{
	is "$(field machine) $(field host.interface)" 'airlock airlock0'
	is "$(of_lab field machine) $(of_lab field host.interface)" 'lab lab'
	addresses=$(ip -o -4 addr show | sed -n 's/.* inet \([0-9.]*\)\/24 .*/\1/p' | sort | tr '\n' ' ')
	is "$addresses" '10.0.0.2 10.213.77.2 '
	is "$(pgrep -cx airlock-vm)" 2
	[ -S /run/wpa_supplicant/wlan0 ]
	[ -S /run/wpa_supplicant-lab/wlan0 ]
	nft list table netdev airlock_airlock0 >/dev/null
	nft list table netdev airlock_lab >/dev/null
	# They may have come online in either order: the first goes first in both.
	first=$(ip route show default | head -n 1 | cut -d' ' -f3)
	is "$(sed -n 's/^nameserver //p' /etc/resolv.conf | head -n 1)" "$first"
	is "$(grep -c '^nameserver' /etc/resolv.conf)" 2
	is "$(ip route show default | wc -l)" 2
	ping -n -q -c 1 -W 5 -I airlock0 "$WEB"
	ping -n -q -c 1 -W 5 -I lab "$WEB"
	wait_for 20 fetch web.airlock.test
}

# left_says_so: the reason of the state has a command that works for it.
left_says_so()
{
	lab status | grep -qF 'airlock -n lab join'
}

messages_name_the_machine()
{
	expect 1 'runs already' lab start
	grep -qF 'try: airlock -n lab status' "$T/expect.log"
	lab scan | grep -q airlock-wpa2
	lab leave | grep -qF 'airlock -n lab join'
	wait_for 10 left_says_so
	is "$(field state)" online
	lab join airlock-wpa3 >"$T/join.log" 2>&1 || { cat "$T/join.log"; return 1; }
	is "$(of_lab field network.ssid)" airlock-wpa3
	lab list >"$T/list"
	grep -Eq '^  airlock +online +airlock0 +10\.' "$T/list"
	grep -Eq '^  lab +online +lab +10\.' "$T/list"
}

stop_of_one_leaves_the_other()
{
	pid=$(of_lab field hypervisor.pid)
	airlock stop
	expect 6 'down' airlock status
	is "$(of_lab field state)" online
	is "$(of_lab field hypervisor.pid)" "$pid"
	asked "$(of_lab field host.router)"
	is "$(ip route show default | cut -d' ' -f5)" lab
	expect 1 'No such file' nft list table netdev airlock_airlock0
	nft list table netdev airlock_lab >/dev/null
	wait_for 20 fetch web.airlock.test
	# And back: it comes behind the one that stayed.
	start
	asked "$(of_lab field host.router)" "$(field host.router)"
}

killed_one_starts_again()
{
	address=$(field host.address)
	kill -9 "$(cat /run/airlock-lab/lock)"
	wait_for 10 sh -c '! ip link show lab'
	is "$(field state)" online
	is "$(field host.address)" "$address"
	lab_start
	of_lab logged 'ended badly'
	is "$(of_lab field state)" online
	asked "$(field host.router)" "$(of_lab field host.router)"
	is "$(field state)" online
	ping -n -q -c 1 -W 5 -I airlock0 "$WEB"
	ping -n -q -c 1 -W 5 -I lab "$WEB"
}

fixed_address_of_another_is_refused()
{
	lab stop
	cp /etc/airlock/lab.conf "$T/kept"
	echo "host { address = \"$(field host.address)/24\"; }" >>/etc/airlock/lab.conf
	expect 5 'the machine on airlock0 has this subnet' lab start
	mv "$T/kept" /etc/airlock/lab.conf
	is "$(field state)" online
}

last_one_leaves_nothing()
{
	stop
	[ ! -e /run/airlock-lab ]
	[ ! -e /run/wpa_supplicant-lab ]
	[ ! -e /run/airlock.lock ]
}

networks "$wpa3"
configure
mkdir /etc/airlock
{
	cat "$T/airlock.conf"
	echo "log_level = debug;"
} | sed "s|^state_dir.*|state_dir = \"$T/lab-state\";|" >/etc/airlock/lab.conf
for c in \
	without_a_file_it_says_what_to_write both_start_at_the_same_moment each_has_its_own \
	messages_name_the_machine stop_of_one_leaves_the_other killed_one_starts_again \
	fixed_address_of_another_is_refused last_one_leaves_nothing; do
	tcase $c
done
lab stop >/dev/null 2>&1
finish
