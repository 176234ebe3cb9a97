"""delays: how long after the supplicant knows does the user know?

    delays.py scan AIRLOCK CONF
    delays.py join AIRLOCK CONF SSID...

Prints milliseconds.  scan: from the event by which the supplicant tells every client
that it has results, heard on the relayed socket beside `airlock scan`, to the end of
that command.  join: for each of these known networks, none of them
the one before it, from the lease, as the access
point's DHCP server logs it, to the word "online" of `airlock join`.
"""
import json
import socket
import subprocess
import sys
import time

AIRLOCK = [sys.argv[2], "-c", sys.argv[3]]


def scan():
    client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    client.bind("")
    client.connect("/var/run/wpa_supplicant/wlan0")
    client.settimeout(60)
    client.send(b"ATTACH")
    with subprocess.Popen(AIRLOCK + ["scan"], stdout=subprocess.DEVNULL) as command:
        while b"CTRL-EVENT-SCAN-RESULTS" not in client.recv(5000):
            pass
        heard = time.monotonic()
        if command.wait(30) != 0:
            sys.exit("airlock scan failed")
        print(round(1000 * (time.monotonic() - heard)))
    client.send(b"DETACH")


def leases():
    log = subprocess.run(AIRLOCK + ["log", "--json"], stdout=subprocess.PIPE, text=True, check=True)
    lines = (json.loads(line) for line in log.stdout.splitlines())
    return [line["time_ms"] for line in lines if "DHCPACK" in line["text"]]


def join(ssid):
    before = len(leases())
    with subprocess.Popen(AIRLOCK + ["join", ssid], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True) as command:
        online = [time.time() for line in command.stdout if line.split()[:1] == ["online"]]
    if command.returncode != 0 or not online:
        sys.exit(f"airlock join {ssid} failed")
    new = leases()[before:]
    if not new:
        sys.exit(f"there was no lease of {ssid}")
    print(round(1000 * online[0] - new[-1]))


if sys.argv[1] == "scan":
    scan()
else:
    for name in sys.argv[4:]:
        join(name)
