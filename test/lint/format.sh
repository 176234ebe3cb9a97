#!/bin/sh
# format: what clang-format would change.
set -u
cd "${AIRLOCK_TOP:-$(dirname "$0")/../..}" || exit 1
if message=$(git ls-files '*.c' '*.h' | xargs clang-format --dry-run -Werror 2>&1); then
	echo "ok - all C is formatted"
else
	echo "not ok - type: make format"
	echo "$message" | grep error: | head -n 20 | sed 's/^/# /'
	exit 1
fi
