#!/bin/sh
# uefi: the image's disk, booted by a firmware as bhyve's would: to online, by its own
# kernel and command line; and a host without such a firmware.
# shellcheck source=test/vm/lib.sh
. "$(dirname "$0")/lib.sh"

configure 'guest { boot = "uefi"; console = true; }'
networks "$wpa3"

no_firmware()
{
	for dir in /usr/share/OVMF /usr/share/edk2; do
		[ ! -d "$dir" ] || mount -t tmpfs none "$dir"
	done
	rc=0
	expect 5 'there is no UEFI firmware' airlock start && grep -q 'apt install ovmf' "$T/expect.log" &&
		wait_for 8 test ! -e /run/airlock || rc=1
	for dir in /usr/share/OVMF /usr/share/edk2; do
		[ ! -d "$dir" ] || umount "$dir"
	done
	nothing_left
	return "$rc"
}

too_little_memory()
{
	configure 'guest { boot = "uefi"; memory = 128M; }'
	expect 3 'too little for guest.boot = "uefi"' airlock start
	configure 'guest { boot = "uefi"; console = true; }'
}

comes_online()
{
	start
	is "$(field state)" online
	is "$(field network.ssid)" airlock-wpa3
	fetch "$WEB" | grep -q 'a page of the world'
}

# Nothing but the disk brought the kernel.
by_the_firmware()
{
	tr '\0' '\n' <"/proc/$(pgrep -x airlock-vm)/cmdline" >"$T/cmdline"
	grep -q 'pflash0=firmware' "$T/cmdline"
	is "$(grep -c -x -e -kernel -e -initrd -e -append "$T/cmdline")" 0
	is "$(field hypervisor.memory_mib)" 192
	guest 'test -d /sys/firmware/efi && echo by UEFI' | grep -q 'by UEFI'
}

# The same kernel with the same words, whoever started it.
has_the_usual_command_line()
{
	guest 'busybox cat /proc/cmdline' >"$T/words"
	grep -q '^console=ttyS0 quiet panic=1 .*ipv6.disable_ipv6=1$' "$T/words" || { cat "$T/words"; return 1; }
}

starts_again()
{
	airlock restart guest >"$T/restart.log" 2>&1 || { cat "$T/restart.log"; return 1; }
	wait_field state online 60
	fetch "$WEB" | grep -q 'a page of the world'
}

leaves_nothing()
{
	stop
}

# An image of before there was a boot disk: for direct boot, and it says so.
says_what_an_old_image_lacks()
{
	old=$T/old/generations/$(basename "$(readlink "$AIRLOCK_STORE/current")")
	mkdir -p "$old"
	for f in "$AIRLOCK_STORE"/current/*; do
		[ "${f##*/}" = boot.fat ] || ln -s "$(realpath "$f")" "$old/"
	done
	ln -s "generations/${old##*/}" "$T/old/current"
	sed -i "s,$AIRLOCK_STORE,$T/old," "$T/airlock.conf"
	expect 4 'has no boot disk for guest.boot = uefi' airlock start
	grep -q 'airlock image build' "$T/expect.log"
	wait_for 8 test ! -e /run/airlock
	nothing_left
}

tcase no_firmware
tcase too_little_memory
tcase comes_online
tcase by_the_firmware
tcase has_the_usual_command_line
tcase starts_again
tcase leaves_nothing
tcase says_what_an_old_image_lacks
finish
