"""wpa_gui: work Debian's wpa_gui as its user would, through the accessibility bus.

    wpa_gui.py DIRECTORY INTERFACE SSID OTHER SCREENSHOT

Starts wpa_gui on the control socket in DIRECTORY and reads what it shows: that it
is associated with SSID, that a scan begun by its button lists SSID and OTHER with
their security, and that "Disconnect" and "Connect" do what they say.  The screen is
saved as SCREENSHOT while the scan list is on it.  Ends with status 0 and a line for
each thing seen, or with 1 and the whole tree of the window.
"""
import os
import subprocess
import sys
import time

import pyatspi
from gi.repository import Gio

WAIT_S = 60


def bus_address():
    session = Gio.bus_get_sync(Gio.BusType.SESSION)
    answer = session.call_sync("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress",
                               None, None, Gio.DBusCallFlags.NONE, -1, None)
    return answer.unpack()[0]


def nodes(node):
    """A node and all below it, without those that have just gone."""
    yield node
    try:
        children = [node.getChildAtIndex(i) for i in range(node.childCount)]
    except Exception:  # the bus says so in several ways when a window closes
        return
    for child in children:
        if child is not None:
            yield from nodes(child)


def windows():
    desktop = pyatspi.Registry.getDesktop(0)
    for i in range(desktop.childCount):
        app = desktop.getChildAtIndex(i)
        if app is not None and app.name == "wpa_gui":
            yield from (app.getChildAtIndex(j) for j in range(app.childCount))


def shown(role):
    """The names of all nodes of a role, in every window of wpa_gui."""
    return [n.name for w in windows() if w for n in nodes(w) if n.getRoleName() == role]


def tree():
    lines = []
    for window in windows():
        lines += [f"{n.getRoleName()}: {n.name!r}" for n in nodes(window)]
    return "\n".join(lines)


def wait_for(what, condition):
    end = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"{tree()}\nwpa_gui does not show: {what}")
        time.sleep(0.3)
    print(f"seen: {what}")


def press(name, window, role="push button"):
    """Press a button, or take an item of a menu, of the window with that title."""
    for w in windows():
        if w is None or w.name != window:
            continue
        for n in nodes(w):
            if n.getRoleName() == role and n.name == name:
                n.queryAction().doAction(0)
                return
    sys.exit(f"{tree()}\nthere is no {role} {name!r} in {window!r}")


def label(text):
    return any(text in name for name in shown("label"))


def row_of(ssid):
    """The cells of the scan list's row of a network, or []."""
    cells = shown("table cell")
    return cells[cells.index(ssid):cells.index(ssid) + 5] if ssid in cells else []


def main():
    directory, interface, ssid, other, screenshot = sys.argv[1:]
    # Told where the bus is, Qt does not ask whether anybody uses it.
    env = {**os.environ, "AT_SPI_BUS_ADDRESS": bus_address()}
    with subprocess.Popen(["wpa_gui", "-p", directory, "-i", interface], env=env) as gui:
        try:
            wait_for("the interface", lambda: interface in shown("list item"))
            wait_for("an association", lambda: label("Completed (station)"))
            wait_for(f"the network {ssid}", lambda: label(ssid))
            press("Scan", "wpa_gui")
            wait_for("the scan's window", lambda: any(w and w.name == "Scan results" for w in windows()))
            press("Scan", "Scan results")
            for name in (ssid, other):
                wait_for(f"{name} in the scan list", lambda name=name: row_of(name))
                wait_for(f"its security: {row_of(name)}",
                         lambda name=name: any("WPA2" in cell for cell in row_of(name)))
            subprocess.run(["import", "-window", "root", screenshot], check=True)
            press("Disconnect", "wpa_gui")
            wait_for("no association", lambda: label("Disconnected"))
            press("Connect", "wpa_gui")
            wait_for("the association again", lambda: label("Completed (station)"))
            press("Exit", "wpa_gui", "menu item")  # so that it removes its own sockets
            gui.wait(timeout=WAIT_S)
        finally:
            gui.kill()


main()
