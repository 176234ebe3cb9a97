#!/bin/sh
# arrows: every #include of the sources against the table of doc/architecture.md.
set -u
top=${AIRLOCK_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
table=$(sed -n 's/^| *\([a-z]*\) *| *\([a-z, ]*\) *|$/\1:\2/p' "$top/doc/architecture.md" | grep -v '^folder:')
bad=0

allowed()
{
	[ "$1" = "$2" ] || echo "$table" | grep "^$1:" | cut -d: -f2 | tr -d ' ' | tr ',' '\n' | grep -qx "$2"
}

for folder in "$top"/src/*/; do
	name=$(basename "$folder")
	if ! echo "$table" | grep -q "^$name:"; then
		echo "not ok - $name is not in the table of doc/architecture.md"
		bad=1
		continue
	fi
	wrong=
	included=$(cat "$folder"*.[ch] 2>/dev/null | sed -n 's,^#include "\([a-z_0-9]*\)/.*,\1,p' | sort -u)
	for other in $included; do
		allowed "$name" "$other" || wrong="$wrong $other"
	done
	if [ -n "$wrong" ]; then
		echo "not ok - $name includes$wrong, which the table forbids"
		bad=1
	else
		echo "ok - the includes of $name are in the table"
	fi
done
# The check itself must be able to fail.
if allowed base daemon; then
	echo "not ok - the table lets base include daemon"
	bad=1
else
	echo "ok - the table forbids base to include daemon"
fi
exit $bad
