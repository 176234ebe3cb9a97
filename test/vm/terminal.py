"""
terminal: runs a program on a terminal of its own and talks to it by a script.

    terminal.py LOG LINES COLUMNS PROGRAM [ARGUMENT ...] <SCRIPT

A line of the script is `wait TEXT` (until that was shown since the last one),
`send TEXT`, `size LINES COLUMNS`, `signal NAME`, or `end STATUS`.  \\xHH and \\r are
understood in texts.  What was shown is in LOG.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

log, lines, columns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
seen = b""


def resize(fd, lines, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


def fail(why):
    with open(log, "wb") as f:
        f.write(seen)
    sys.exit("%s; shown since: %r" % (why, seen[-600:]))


def take(seconds):
    """Read what there is; False at the end."""
    global seen
    if not select.select([fd], [], [], seconds)[0]:
        return True
    try:
        data = os.read(fd, 65536)
    except OSError:  # the other end is closed
        return False
    seen += data
    return data != b""


def wait(text):
    global seen
    end = time.monotonic() + 10
    while text not in seen:
        if time.monotonic() > end or not take(0.1):
            if text not in seen:
                fail("never shown: %r" % text)
    seen = seen.split(text, 1)[1]


pid, fd = pty.fork()
if pid == 0:
    resize(0, lines, columns)
    os.environ.update(TERM="xterm", LC_ALL="C.UTF-8")
    os.execv(sys.argv[4], sys.argv[4:])
for line in sys.stdin.read().splitlines():
    verb, _, rest = line.partition(" ")
    text = rest.encode().decode("unicode_escape").encode("latin-1")
    if verb == "wait":
        wait(text)
    elif verb == "send":
        os.write(fd, text)
    elif verb == "size":
        seen = b""
        resize(fd, *map(int, rest.split()))
    elif verb == "signal":
        os.kill(pid, getattr(signal, "SIG" + rest))
    elif verb == "end":
        until = time.monotonic() + 10
        while take(0.1) and time.monotonic() < until:
            pass
        done = 0
        while done == 0 and time.monotonic() < until:
            done, status = os.waitpid(pid, os.WNOHANG)
            time.sleep(0.02)
        if done == 0:
            os.kill(pid, signal.SIGKILL)
            fail("it did not end")
        if os.waitstatus_to_exitcode(status) != int(rest):
            fail("status %d" % os.waitstatus_to_exitcode(status))
    else:
        fail("what is %r" % line)
