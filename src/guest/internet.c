/*
 * internet: whether anything is behind the network, asked by a child.
 *
 * It is asked once when the router comes online and when its lease becomes
 * another, then again as long as the answer is not the wanted one: soon while
 * somebody has to sign in, as they wait for it, later while nobody answers.
 * What is known is forgotten with the connection.  PID 1 never waits: the child
 * ends by itself, or is ended.
 */
#include <string.h>
#include <sys/wait.h>

#include "guest/guest.h"
#include "guest/probe.h"

#define NOBODY             65534 /* owns nothing in the guest */
#define SIGN_IN_AGAIN_MS   10000
#define NO_ANSWER_AGAIN_MS 30000
#define TOO_LONG_MS        (PROBE_MS + 3000)

static void tell(struct guest *g)
{
	char text[PROBE_URL_MAX + 48] = "";

	switch ((enum wire_internet)g->internet.result) {
	case WIRE_INTERNET_REACHABLE:
		str_copy(text, sizeof(text), "the Internet answers");
		break;
	case WIRE_INTERNET_SIGN_IN:
		str_format(text, sizeof(text), "sign in first: open %s in a browser",
		    g->internet.portal);
		break;
	case WIRE_INTERNET_UNREACHABLE:
		str_copy(text, sizeof(text), "but the Internet does not answer");
		break;
	case WIRE_INTERNET_UNKNOWN:
	case WIRE_INTERNETS:
		break;
	}
	router_event(g, LIFE_INTERNET, text);
}

static void take(struct guest *g, enum wire_internet result)
{
	bool sign_in = result == WIRE_INTERNET_SIGN_IN;

	g->internet.result = result;
	if (!sign_in)
		g->internet.portal[0] = '\0';
	log_debug("probe: %s %s", wire_internet_name(result), g->internet.portal);
	tell(g);
	status_send(g);
	if (sign_in)
		loop_timer_set(g->loop, &g->internet.timer, SIGN_IN_AGAIN_MS);
	else if (result == WIRE_INTERNET_UNREACHABLE)
		loop_timer_set(g->loop, &g->internet.timer, NO_ANSWER_AGAIN_MS);
}

/* Its word is as little trusted as what it read. */
static void on_line(void *arg, const char *text)
{
	struct guest *g = arg;

	if (probe_url_shown(text))
		str_copy(g->internet.portal, sizeof(g->internet.portal), text);
}

static void on_ended(void *arg, int status)
{
	struct guest *g = arg;
	int result = WIFEXITED(status) ? WEXITSTATUS(status) - PROBE_STATUS : -1;

	loop_timer_del(g->loop, &g->internet.timer);
	if (result < WIRE_INTERNET_UNKNOWN || result >= WIRE_INTERNETS ||
	    (result == WIRE_INTERNET_SIGN_IN && g->internet.portal[0] == '\0'))
		result = WIRE_INTERNET_UNREACHABLE; /* its alarm went off, at the latest */
	take(g, (enum wire_internet)result);
}

static void ask(struct guest *g)
{
	const char *const argv[] = {PATH_PROBE, g->settings.probe, NULL};
	struct service *v = &g->internet.probe;

	if (g->settings.probe[0] == '\0' || g->stopping)
		return;
	service_describe(v, "probe", argv);
	service_restart(&g->supervisor, v);
	loop_timer_set(g->loop, &g->internet.timer, TOO_LONG_MS);
}

static void on_timer(void *arg)
{
	struct guest *g = arg;

	if (!g->internet.probe.wanted) {
		ask(g);
		return;
	}
	service_stop(&g->internet.probe);
	take(g, WIRE_INTERNET_UNREACHABLE);
}

void internet_init(struct guest *g)
{
	struct service *v = &g->internet.probe;

	v->once = v->quiet = true;
	v->uid = NOBODY;
	v->ended = on_ended;
	v->line = on_line;
	v->arg = g;
	g->internet.timer.fn = on_timer;
	g->internet.timer.arg = g;
}

void internet_ask(struct guest *g)
{
	internet_forget(g);
	ask(g);
}

void internet_forget(struct guest *g)
{
	service_stop(&g->internet.probe);
	loop_timer_del(g->loop, &g->internet.timer);
	g->internet.result = WIRE_INTERNET_UNKNOWN;
	g->internet.portal[0] = '\0';
}
