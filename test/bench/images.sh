#!/bin/sh
# images: what images for single cards weigh.
#
#	test/bench/images.sh [--build DIR] [--cache DIR]
#
# Builds an image for none and for each of five common cards, prints a table and
# fails when kernel, initrd and root together are more than 15 MB above the
# kernel's own size and the card's firmware.  Firmware is counted as it lies in
# Debian's package: uncompressed, a file that several names have once.
# Needs no root; packages are fetched into the cache once.
set -eu
build=build
cache=
while [ $# -gt 0 ]; do
	case $1 in
	--build) build=$2 && shift 2 ;;
	--cache) cache=$2 && shift 2 ;;
	*) echo "usage: images.sh [--build DIR] [--cache DIR]" >&2 && exit 2 ;;
	esac
done
airlock=$build/src/cli/airlock
store=$build/bench-images
limit=15000000
bad=0

# field NAME: a number or text of the current image's entry in `image list --json`.
field()
{
	"$airlock" image list --json --store "$store" | tr -d '\n' |
		sed 's/},/}\n/g' | grep '"current": true' |
		sed -n "s/.*\"$1\": \"\{0,1\}\([^,\"]*\)\"\{0,1\}.*/\1/p"
}

# mb BYTES: megabytes (powers of ten) with three decimals.
mb()
{
	awk -v n="$1" 'BEGIN { printf "%.3f", n / 1000000 }'
}

# card NAME ID DRIVER: one line of the table.
card()
{
	"$airlock" image build ${cache:+--cache "$cache"} --store "$store" --card "$2" >"$store.log" 2>&1 || {
		cat "$store.log" >&2
		exit 1
	}
	kernel=$(field vmlinux) initrd=$(field initrd) root=$(field root) firmware=$(field firmware)
	above=$((initrd + root - firmware))
	verdict=pass
	[ "$above" -le "$limit" ] || verdict=FAIL
	[ "$(field driver)" = "$3" ] || verdict="FAIL: driver is $(field driver)"
	[ "$verdict" = pass ] || bad=1
	printf '| %s (%s) | %s | %s | %s | %s | %s | %s | %s | %s |\n' "$1" "$2" "$3" "$(mb "$kernel")" \
		"$(mb "$initrd")" "$(mb "$root")" "$(mb "$firmware")" "$(mb $((root - plain)))" "$(mb "$above")" \
		"$verdict"
}

mkdir -p "$store"
"$airlock" image build ${cache:+--cache "$cache"} --store "$store" --card "" >"$store.log" 2>&1 || {
	cat "$store.log" >&2
	exit 1
}
plain=$(field root)
printf '| card | driver | kernel | initrd | root | firmware | root above none | set - kernel - firmware | <= %s |\n' \
	"$(mb $limit)"
echo '|------|--------|-------:|-------:|-----:|---------:|----------------:|------------------------:|-|'
printf '| none | | %s | %s | %s | | | %s | |\n' "$(mb "$(field vmlinux)")" "$(mb "$(field initrd)")" \
	"$(mb "$plain")" "$(mb $(($(field initrd) + plain)))"
card 'Intel AX200' 8086:2723 iwlwifi
card 'Intel AX210' 8086:2725 iwlwifi
card 'MediaTek MT7922' 14c3:0616 mt7921e
card 'Realtek RTL8852BE' 10ec:b852 rtw89_8852be
card 'Qualcomm QCA6174' 168c:003e ath10k_pci
rm -rf "$store" "$store.log"
exit $bad
