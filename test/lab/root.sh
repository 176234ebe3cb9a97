#!/bin/sh
# root: what the lab's outer machine runs, Debian from its archive.
#
#	root.sh DIRECTORY
#
# Makes root.squashfs, vmlinuz and initrd there, unless they are as this script
# would make them.  It is a Debian as people install it (systemd, udev,
# NetworkManager, Debian's kernel and QEMU), with nothing of airlock in it: that
# comes on a disk of its own, seen at /lab, and is installed there by dpkg.  The
# initrd mounts both and steps aside.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$1
suite=trixie
packages='
systemd systemd-sysv udev dbus kmod procps iproute2 iputils-ping adduser
linux-image-amd64 qemu-system-x86 network-manager nftables dnsmasq-base busybox-static jq pci.ids
libarchive13t64 libcurl4t64 libjansson4 libmnl0 libseccomp2 libsquashfs1 libssl3t64
gpgv debian-archive-keyring
'
# Drivers that nothing in an emulated machine asks for.
unwanted='gpu media sound infiniband iio staging isdn'
early='virtio_blk squashfs overlay'

# The archive that this host trusts with itself.
mirror()
{
	# shellcheck disable=SC2016  # apt's own
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
		grep -m 1 '/debian/*$' || echo http://deb.debian.org/debian
}

make_root()
{
	set --
	for directory in $unwanted; do
		set -- "$@" --dpkgopt="path-exclude=/usr/lib/modules/*/kernel/drivers/$directory/*" \
			--dpkgopt="path-exclude=/lib/modules/*/kernel/drivers/$directory/*"
	done
	for directory in man locale doc; do
		set -- "$@" --dpkgopt="path-exclude=/usr/share/$directory/*"
	done
	# shellcheck disable=SC2016  # $1 is the hook's
	mmdebstrap --quiet --variant=minbase --format=tar \
		--aptopt='Apt::Install-Recommends "false"' "$@" \
		--keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
		--include="$(echo "$packages" | tr -s '\n ' ',' | sed 's/^,//; s/,$//')" \
		--customize-hook='rm -f "$1"/boot/initrd.img*; mkdir "$1/lab"; echo lab >"$1/etc/hostname"' \
		"$suite" - "$(mirror)" | tar2sqfs --quiet --force --compressor lz4 --block-size 131072 "$out/root.squashfs"
}

# take PATH: a file of the root.
take()
{
	rdsquashfs --cat "$1" "$out/root.squashfs"
}

# closure TABLE MODULE...: paths of modules with what they need, that first.
closure()
{
	table=$1
	shift
	for module in "$@"; do
		sed -n "s,^\(.*/$module\.ko[.xz]*\):\(.*\),\2 \1,p" "$table" | tr ' ' '\n' | grep . |
			awk '{ line[NR] = $0 } END { for (i = NR - 1; i > 0; i--) print line[i]; if (NR) print line[NR] }'
	done | awk '!seen[$0]++'
}

make_initrd()
{
	release=$1 work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	mkdir -p "$work/tree/bin" "$work/tree/modules" "$work/tree/dev" "$work/tree/new" "$work/tree/upper"
	take "usr/lib/modules/$release/modules.dep" >"$work/dep"
	number=10
	# shellcheck disable=SC2086  # a list of words
	for path in $(closure "$work/dep" $early); do
		take "usr/lib/modules/$release/$path" | xz -dc >"$work/tree/modules/$number-$(basename "$path" .xz)"
		number=$((number + 1))
	done
	take usr/bin/busybox >"$work/tree/bin/busybox"
	cp "$here/init" "$work/tree/init"
	chmod 755 "$work/tree/init" "$work/tree/bin/busybox"
	(cd "$work/tree" && find . | cpio --quiet --create --format newc) >"$out/initrd"
}

mkdir -p "$out"
stamp=$(cat "$0" "$here/init" | sha256sum | cut -d ' ' -f 1)
[ "$(cat "$out/stamp" 2>/dev/null)" != "$stamp" ] || exit 0
echo "making the outer machine's root from Debian $suite (two minutes)"
rm -f "$out/stamp"
make_root
kernel=$(rdsquashfs --list boot "$out/root.squashfs" | sed -n 's/.* \(vmlinuz-.*\)/\1/p' | head -n 1)
take "boot/$kernel" >"$out/vmlinuz"
make_initrd "${kernel#vmlinuz-}"
echo "$stamp" >"$out/stamp"
