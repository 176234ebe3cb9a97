#!/bin/sh
# freebsd_sysroot: what stands in for the base system and the ports that airlock needs.
#
#	freebsd_sysroot.sh DIR PYTHON
#
# PYTHON has the package ziglang, whose C compiler brings FreeBSD's headers and what
# is needed to link against its libc.  DIR gets the rest:
#
#	include/  the portable headers of libraries, as links to this host's; of
#	          /usr/include nothing else is seen
#	lib/      for each library one that has the names of this host's and does
#	          nothing: programs really link, so what they lack is an error
#	pc/       a pkg-config file for each
#	cc, ar    the compiler and archiver as commands; cross.ini: meson's cross file
set -eu
dir=$1 python=$2
here=$(cd "$(dirname "$0")/../freebsd" && pwd)
libraries='jansson libarchive libsquashfs1 libcurl libcrypto'
headers='jansson.h jansson_config.h archive.h archive_entry.h sqfs curl openssl'
rm -rf "$dir"
mkdir -p "$dir/include" "$dir/lib" "$dir/pc"

# meson asks the linker for its name and does not know the one that answers.
cat >"$dir/cc" <<EOF
#!/bin/sh
case "\$*" in
*-Wl,--version*) echo 'LLD 18.0.0 (compatible with GNU linkers)' && exit 0 ;;
esac
exec "$python" -m ziglang cc -target x86_64-freebsd -fno-sanitize=undefined "\$@"
EOF
printf '#!/bin/sh\nexec "%s" -m ziglang ar "$@"\n' "$python" >"$dir/ar"
chmod +x "$dir/cc" "$dir/ar"

# Some are in a directory of the processor's, and some in both.
multiarch=$(gcc -print-multiarch)
for place in /usr/include "/usr/include/$multiarch"; do
	for header in $headers; do
		[ -e "$place/$header" ] || continue
		if [ -d "$place/$header" ]; then
			mkdir -p "$dir/include/$header"
			ln -sf "$place/$header"/* "$dir/include/$header/"
		else
			ln -sf "$place/$header" "$dir/include/"
		fi
	done
done
for header in "$here"/include/*.h; do
	[ ! -e "$header" ] || ln -sf "$header" "$dir/include/"
done

# library FILE: a shared library with the functions that standard input names.
library()
{
	sort -u | sed 's/.*/.globl &\n.type &,@function\n&:/' >"$dir/lib/$1.s"
	echo ret >>"$dir/lib/$1.s"
	"$dir/cc" -shared -o "$dir/lib/lib$1.so" "$dir/lib/$1.s"
}

# module NAME VERSION LIBRARY: its pkg-config file.
module()
{
	cat >"$dir/pc/$1.pc" <<EOF
Name: $1
Description: stand-in
Version: $2
Cflags: -I$dir/include
Libs: -L$dir/lib -l$3
EOF
}

for name in $libraries; do
	short=$(pkg-config --libs-only-l "$name" | sed 's/ .*//; s/^-l//')
	file=$(pkg-config --variable=libdir "$name")/lib$short.so
	nm -D --defined-only "$file" | sed -n 's/^[0-9a-f]* [TWDBR] \([A-Za-z_0-9]*\).*/\1/p' |
		library "$short"
	module "$name" "$(pkg-config --modversion "$name")" "$short"
done
# Of the base system, and not known to pkg-config there either: only what is declared.
for header in "$here"/include/*.h; do
	[ -e "$header" ] || continue
	name=$(basename "$header" .h)
	sed -n 's/^[a-z].*[ *]\([a-z_0-9]*\)(.*/\1/p' "$header" | library "$name"
done

cat >"$dir/cross.ini" <<EOF
[binaries]
c = '$dir/cc'
ar = '$dir/ar'
pkgconfig = 'pkg-config'
[built-in options]
c_args = ['-isystem', '$dir/include']
c_link_args = ['-L$dir/lib']
[properties]
pkg_config_libdir = '$dir/pc'
[host_machine]
system = 'freebsd'
cpu_family = 'x86_64'
cpu = 'x86_64'
endian = 'little'
EOF
