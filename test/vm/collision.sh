#!/bin/sh
# collision: the subnet of the cable is somebody else's, too.
# shellcheck source=test/vm/lib.sh
. "$(dirname "$0")/lib.sh"

# joined ADDRESS/PREFIX: the host has such a network now.
joined()
{
	ip link show other >/dev/null 2>&1 || ip tuntap add dev other mode tap
	ip link set other up
	ip addr add "$1" dev other
}

left()
{
	ip link del other
}

# moved_to ADDRESS: the host's end is there, and works.
moved_to()
{
	wait_field host.address "$1" 30
	wait_field state online 30
	# No fixed pause is right for a guest that is taking over its settings.
	wait_for 20 fetch "$WEB"
	ip -o -4 addr show dev airlock0 | grep -qw "$1/24"
	is "$(ip -o -4 addr show dev airlock0 | wc -l)" 1
	is "$(ip route show default | cut -d' ' -f3)" "$(field host.router)"
	is "$(grep -c '^nameserver' /etc/resolv.conf)" 1
	grep -qx "nameserver $(field host.router)" /etc/resolv.conf
	wait_for 20 fetch web.airlock.test
}

networks_of_the_host_are_avoided()
{
	joined 10.0.0.77/16
	start
	moved_to 10.213.77.2
	left
}

lease_that_collides_is_cured()
{
	pid=$(field hypervisor.pid)
	# The air is where the cable is: every packet would stay on this side.
	airlock air dhcp subnet 10.213.77
	airlock air ap 2 down
	airlock air ap 2 up
	moved_to 10.0.0.2
	logged '10.213.77.2 collided with 10.213.77.'
	logged "of the wireless network: the host's address is 10.0.0.2 now"
	field uplink.address | grep -q '^10\.213\.77\.'
	is "$(field hypervisor.pid)" "$pid"
}

network_joined_later_is_cured()
{
	joined 10.0.0.9/8
	# 10.0.0.0/8 leaves the candidates outside of 10.
	moved_to 172.29.213.2
	logged "of this host: the host's address is 172.29.213.2 now"
	left
}

stops_and_leaves_nothing()
{
	stop
}

fixed_address_that_collides_is_told_of()
{
	start
	is "$(field host.address)" 192.168.77.200
	wait_for 10 logged 'host.address 192.168.77.200 collides with 192.168.77.'
	logged 'set host.address and router.address to another subnet, or to "auto"'
	is "$(airlock log | grep -c 'host.address .* collides')" 1
}

reload_moves_it()
{
	configure
	expect 0 reloaded airlock reload
	moved_to 10.0.0.2
	stop
}

networks "$wpa3"
configure
for c in \
	networks_of_the_host_are_avoided lease_that_collides_is_cured network_joined_later_is_cured \
	stops_and_leaves_nothing; do
	tcase $c
done
configure 'host { address = 192.168.77.200/24; }'
for c in fixed_address_that_collides_is_told_of reload_moves_it; do
	tcase $c
done
finish
