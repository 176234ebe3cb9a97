#!/bin/sh
# gui: Debian's own wpa_gui, on the host, shows and moves the station in the guest.
#
# It runs on a display of its own (Xvfb) and is read and worked through the
# accessibility bus (wpa_gui.py): what is checked is what its widgets say.  A
# screenshot is taken beside that and must have more on it than a plain surface.
ETC_TOO='fonts machine-id'
# shellcheck source=test/vm/lib.sh
. "$(dirname "$0")/lib.sh"

PYTHON=/usr/bin/python3 # Debian's own: it has the bindings of the accessibility bus
for program in Xvfb wpa_gui dbus-run-session import identify; do
	command -v "$program" >/dev/null || {
		echo "ok - gui # SKIP $program is not installed: make setup"
		exit 0
	}
done
SHOT=$AIRLOCK_BUILD/test-logs/wpa_gui.png

# The display is reached by TCP on this namespace's loopback: no file in /tmp.  It must
# not begin anew when its first client, the accessibility bus, has gone again.
display()
{
	Xvfb :7 -nolock -nolisten unix -nolisten local -listen tcp -ac -noreset -screen 0 1024x768x24 \
		>"$T/xvfb.log" 2>&1 &
	wait_for 20 listens 6007
}

shows_scan_and_association()
{
	networks "$wpa3"
	configure
	start
	display
	mkdir -p "$(dirname "$SHOT")"
	rm -f "$SHOT"
	install -d -m 700 "$T/x"
	DISPLAY=127.0.0.1:7 XDG_RUNTIME_DIR=$T/x HOME=$T/x QT_QPA_PLATFORM=xcb \
		QT_LINUX_ACCESSIBILITY_ALWAYS_ON=1 NO_AT_BRIDGE=0 \
		dbus-run-session -- "$PYTHON" "$AIRLOCK_TOP/test/vm/wpa_gui.py" \
		/var/run/wpa_supplicant wlan0 airlock-wpa3 airlock-wpa2 "$SHOT"
	wait_field state online 30
}

screenshot_is_of_something()
{
	is "$(identify -format '%wx%h' "$SHOT")" 1024x768
	[ "$(identify -format %k "$SHOT")" -gt 20 ] || { echo "a plain surface"; return 1; }
}

leaves_nothing()
{
	stop
}

tcase shows_scan_and_association
tcase screenshot_is_of_something
tcase leaves_nothing
finish
