# world: the network that the card is plugged into, in the outer machine.
#
# A network namespace with the second emulated card of the wire, 192.168.5.1: DHCP, DNS,
# and behind it "the Internet", one web server at 203.0.113.80.  Every packet
# between it and the card under test crosses QEMU's emulated wire.
# shellcheck shell=sh

WEB=203.0.113.80

# world COMMAND...: run it there.
world()
{
	ip netns exec world "$@"
}

# world_start INTERFACE: with that card.
world_start()
{
	mkdir -p "$T/www"
	echo "a page of the world" >"$T/www/index.html"
	echo "NetworkManager is online" >"$T/www/nm"
	ip netns add world
	ip link set "$1" netns world name wire
	world sh -c "echo 1 >/proc/sys/net/ipv4/ip_forward
		ip link set lo up && ip addr add $WEB/32 dev lo &&
		ip addr add 192.168.5.1/24 dev wire && ip link set wire up"
	world busybox httpd -p "$WEB:80" -h "$T/www"
	world dnsmasq --no-hosts --no-resolv --bind-interfaces --interface=wire --except-interface=lo \
		--dhcp-range=192.168.5.100,192.168.5.199,1h --dhcp-authoritative \
		--address=/web.airlock.test/network-test.debian.org/$WEB \
		--dhcp-leasefile="$T/leases" --pid-file="$T/dnsmasq.pid" --log-facility="$T/dnsmasq.log"
}

# frames: what came to the world by the wire so far.
frames()
{
	world cat /sys/class/net/wire/statistics/rx_packets
}
