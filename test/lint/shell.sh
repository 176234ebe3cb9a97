#!/bin/sh
# shell: every script by shellcheck.
set -u
cd "${AIRLOCK_TOP:-$(dirname "$0")/../..}" || exit 1
bad=0
for script in $(git ls-files '*.sh' 'debian/*rm' service/airlock.rc.in test/lib/rc.subr test/run test/lint/run test/bench/run test/lab/run test/lab/init .ci/run); do
	if message=$(shellcheck -s sh -x -f gcc "$script" 2>&1); then
		echo "ok - $script"
	else
		echo "not ok - $script: $(echo "$message" | head -n 1)"
		echo "$message" | sed 's/^/# /'
		bad=1
	fi
done
exit $bad
