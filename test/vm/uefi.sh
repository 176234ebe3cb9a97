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

leaves_nothing()
{
	stop
}

tcase no_firmware
tcase too_little_memory
tcase comes_online
tcase by_the_firmware
tcase leaves_nothing
finish
