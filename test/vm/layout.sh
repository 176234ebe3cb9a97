#!/bin/sh
# layout: what airlock-load puts into a guest of bhyve's, put into one of QEMU's: pieces at
# their addresses, page tables, descriptors and registers as computed.  The image's kernel
# begins there, sees the memory that it was told of, and airlock-init says HELLO.
# shellcheck source=test/vm/lib.sh
. "$(dirname "$0")/lib.sh"

tool=$AIRLOCK_BUILD/test/vm/layout_tool
image=$AIRLOCK_STORE/current
line='console=ttyS0 panic=1 cryptomgr.notests no_timer_check random.trust_cpu=1 airlock.test=layout'
mib=160

# boot KERNEL: until the channel says HELLO, or half a minute has passed.
boot()
{
	rm -f "$T/channel" "$T/console"
	"$tool" make "$1" "$image/initrd" "$mib" "$line" "$T/kernel.elf" >"$T/pieces"
	qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
		-machine pc,accel=tcg,usb=off -cpu max,-erms -smp 1 -m $((mib + 32))M \
		-kernel "$T/kernel.elf" -serial "file:$T/console" \
		-device virtio-serial-pci,id=ports,disable-legacy=on,max_ports=2 \
		-chardev "file,id=channel,path=$T/channel" \
		-device virtserialport,bus=ports.0,nr=1,chardev=channel,name=airlock \
		-blockdev "driver=raw,node-name=root,read-only=on,file.driver=file,file.filename=$image/root.squashfs" \
		-device virtio-blk-pci,drive=root,serial=airlock-root,disable-legacy=on \
		>"$T/qemu.log" 2>&1 &
	qemu=$!
	booted=0
	wait_for 40 said_hello "$qemu" || booted=1
	kill "$qemu" 2>/dev/null || true
	wait "$qemu" 2>/dev/null || true
	[ "$booted" = 0 ] || { cat "$T/qemu.log"; tail -n 20 "$T/console"; }
	"$tool" hello "$T/channel"
}

# said_hello PID: or that process is no more.
said_hello()
{
	! kill -0 "$1" 2>/dev/null || "$tool" hello "$T/channel"
}

# on_console TEXT: the kernel said so.
on_console()
{
	tr -d '\r' <"$T/console" | grep -qF -- "$1" || { echo "not on the console: $1"; return 1; }
}

# What the kernel found is what it was given.
seen()
{
	on_console "Command line: $line"
	on_console 'BIOS-e820: [mem 0x0000000000000000-0x000000000009ffff] usable'
	on_console 'BIOS-e820: [mem 0x0000000000100000-0x0000000009ffffff] usable'
	[ "$(tr -d '\r' <"$T/console" | grep -c 'BIOS-e820: ')" = 2 ] || { echo 'more memory than that'; return 1; }
	# The kernel speaks of whole pages; the initrd's are the last.
	at=$(awk '$1 == "initrd" { print $2 }' "$T/pieces")
	on_console "RAMDISK: [mem $(printf '0x%08x' "$at")-0x09ffffff]"
}

vmlinux_to_hello()
{
	boot "$image/vmlinux"
	seen
}

# The same kernel as distributions ship it; it is in the boot disk.
bzimage_to_hello()
{
	mcopy -n -i "$image/boot.fat" ::EFI/BOOT/BOOTX64.EFI "$T/uki.efi"
	objcopy --dump-section ".linux=$T/bzimage" "$T/uki.efi" "$T/rest"
	boot "$T/bzimage"
	seen
}

tcase vmlinux_to_hello
tcase bzimage_to_hello
finish
