#!/bin/sh
# portal: what is behind the network, as the probe finds it out, and that it
# is said in words: the Internet, a page to sign in, or nobody.
# shellcheck source=test/vm/lib.sh
. "$(dirname "$0")/lib.sh"

# The world answers the probe as the file says: nm, 204, redirect, hostile,
# page, error, nothing.
portal_world()
{
	cat >"$T/portal.py" <<'END'
import http.server, sys, threading, time
top = sys.argv[1]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        how = open(top + "/answer").read().strip()
        with open(top + "/asked", "a") as f:
            f.write("%s %s %s|%s\n" % (how, self.path, self.headers["Host"], self.headers["User-Agent"]))
        if how == "nothing":
            time.sleep(30)
            return
        self.send_response({"nm": 200, "204": 204, "redirect": 302, "hostile": 302, "page": 200, "error": 404}[how])
        if how == "redirect":
            self.send_header("Location", "https://portal.airlock.test/login?from=%2F")
        if how == "hostile":
            self.send_header("Location", "http://portal\x1b[31m.test/`reboot`")
        self.end_headers()
        if how == "nm":
            self.wfile.write(b"NetworkManager is online\n")
        if how == "page":
            self.wfile.write(b"<html>Welcome to the hotel. Your room number, please.</html>" * 300)
    def log_message(self, *a):
        pass
class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
Server((sys.argv[2], 80), Handler).serve_forever()
END
	answers 204
	unshare --net sh -c "ip link set lo up && ip addr add $WEB/32 dev lo &&
		exec python3 $T/portal.py $T $WEB" >"$T/world.log" 2>&1 &
	echo $! >"$T/world.pid"
	IN=world wait_for 10 listens 80
}

# answers HOW: from now on.
answers()
{
	: >"$T/asked"
	echo "$1" >"$T/answer"
}

# reason_ends PATTERN SECONDS: online, and that is behind the network.
reason_ends()
{
	wait_for "$2" ends_so "$1" || { echo "it is \"$(field state)\": \"$(field reason)\", not \"$1\""; return 1; }
}

ends_so()
{
	[ "$(field state)" = online ] && field reason | grep -Eq "^\"airlock-wpa[23]\", address [0-9./]+$1\$"
}

# another_network: and so another lease.
another_network()
{
	case $(field network.ssid) in
	airlock-wpa2) networks "$wpa3" ;;
	*) networks "$wpa2" ;;
	esac
	airlock reload
}

the_internet_answers()
{
	start
	reason_ends ', the Internet answers' 15
	wait_field internet.state reachable 5
	is "$(field internet.portal)" null
	grep -qx '204 /check web.airlock.test|airlock' "$T/asked"
	# Known is known: it is not asked again.
	sleep 11
	is "$(wc -l <"$T/asked")" 1
}

networkmanagers_words_are_understood()
{
	answers nm
	another_network
	reason_ends ', the Internet answers' 15
	grep -q '^nm ' "$T/asked"
}

a_redirect_says_where_to_sign_in()
{
	answers redirect
	another_network
	reason_ends ', sign in first: open https://portal\.airlock\.test/login\?from=%2F in a browser' 15
	wait_field internet.state sign-in 5
	is "$(field internet.portal)" 'https://portal.airlock.test/login?from=%2F'
	airlock status >"$T/status"
	grep -q 'sign in first: open https://portal.airlock.test/login' "$T/status"
}

a_sign_in_is_noticed_by_itself()
{
	answers 204
	reason_ends ', the Internet answers' 20
}

a_page_instead_of_the_answer_is_a_sign_in()
{
	answers page
	another_network
	reason_ends ', sign in first: open http://web\.airlock\.test/check in a browser' 15
}

a_hostile_place_to_sign_in_is_not_shown()
{
	answers hostile
	another_network
	reason_ends ', sign in first: open http://web\.airlock\.test/check in a browser' 15
	! logged reboot
}

an_error_says_nothing()
{
	answers error
	another_network
	wait_for 15 grep -q '^error ' "$T/asked"
	sleep 1
	reason_ends '' 5
}

nobody_answers()
{
	answers nothing
	another_network
	wait_for 15 grep -q '^nothing ' "$T/asked"
	# The child that waits is nobody, may do nothing more, and holds nobody up.
	guest "cat /proc/\$(pidof airlock-probe)/status" >"$T/child"
	for line in 'Uid:.65534.65534.65534.65534' 'Gid:.65534.65534.65534.65534' 'CapEff:.0000000000000000' \
		'NoNewPrivs:.1'; do
		grep -q "^$line" "$T/child" || { echo "not $line: $(cat "$T/child")"; return 1; }
	done
	reason_ends ', but the Internet does not answer' 15
	[ -z "$(guest 'pidof airlock-probe')" ]
}

nobody_answers_to_a_closed_door()
{
	kill "$(cat "$T/world.pid")"
	rm "$T/world.pid"
	another_network
	reason_ends ', but the Internet does not answer' 25
}

nothing_is_asked_when_not_wanted()
{
	sed -i 's,probe = "[^"]*",probe = "",' "$T/airlock.conf"
	airlock reload
	reason_ends '' 5
	another_network
	sleep 1
	reason_ends '' 20
}

stops_and_leaves_nothing()
{
	stop
}

networks "$wpa3"
configure 'log_level = "debug";' 'guest { console = true; }' 'router { probe = "http://web.airlock.test/check"; }'
portal_world
for c in \
	the_internet_answers \
	networkmanagers_words_are_understood \
	a_redirect_says_where_to_sign_in \
	a_sign_in_is_noticed_by_itself \
	a_page_instead_of_the_answer_is_a_sign_in \
	a_hostile_place_to_sign_in_is_not_shown \
	an_error_says_nothing \
	nobody_answers \
	nobody_answers_to_a_closed_door \
	nothing_is_asked_when_not_wanted \
	stops_and_leaves_nothing; do
	tcase $c
done
finish
