#!/bin/sh
# man: the manual pages by mandoc, and every verb of `airlock help` in airlock(8).
set -u
cd "${AIRLOCK_TOP:-$(dirname "$0")/../..}" || exit 1
bad=0
for page in man/*.[58]; do
	if message=$(mandoc -Tlint -Wwarning "$page" 2>&1); then
		echo "ok - $page"
	else
		echo "not ok - $page: $(echo "$message" | head -n 1)"
		bad=1
	fi
done
verbs=$(sed -n 's/^    {"\([a-z-]*\)", cmd_[a-z_]*, .*/\1/p' src/cli/main.c)
for verb in $verbs; do
	[ "$verb" != help ] || continue
	if grep -q "^\.It Cm $verb\b" man/airlock.8; then
		echo "ok - airlock(8) has $verb"
	else
		echo "not ok - airlock(8) lacks $verb"
		bad=1
	fi
done
exit $bad
