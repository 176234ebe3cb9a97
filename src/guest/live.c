/*
 * live: a supplicant's file that changes while the supplicant runs.
 *
 * The file is written and the supplicant told to read it (RECONFIGURE).  It
 * keeps what it had when it cannot read the new one; then the text before is
 * put back, so that its next start works too, and the host is told its words.
 * Where no supplicant listens, it is started with the file: that it attaches
 * is the acceptance, that it ends is the refusal.
 *
 * Its words come by a pipe and its answer by a socket: the pipe is read first.
 * A change that comes in the meantime waits; only the last one is answered.
 */
#include <string.h>

#include "guest/guest.h"
#include "guest/text.h"

/* A file of many networks takes a while: each passphrase is hashed 4096 times. */
#define READ_MS 60000

static void keep(struct live_text *to, const struct settings *s)
{
	to->file.len = 0;
	buf_add(
	    &to->file, s->supplicant.data != NULL ? s->supplicant.data : "", s->supplicant.len);
	str_copy(to->country, sizeof(to->country), s->country);
	to->whole = true;
}

static bool holds(const struct live_text *t, const struct settings *s)
{
	return t->whole && same_bytes(&t->file, &s->supplicant) &&
	       strcmp(t->country, s->country) == 0;
}

static void forget(struct live_text *t)
{
	buf_fini(&t->file);
	t->whole = false;
}

void live_write(struct guest *g)
{
	struct buf b = {0};

	text_supplicant(&b, &g->settings);
	file_write(PATH_SUPPLICANT_OUR, &b, 0600);
	buf_fini(&b);
	file_write(PATH_SUPPLICANT, &g->settings.supplicant, 0600);
}

static void start_with_it(struct guest *g)
{
	g->uplink.live.state = LIVE_STARTED;
	uplink_restart(g);
}

static void on_reply(void *arg, const char *reply);

static void offer(struct guest *g)
{
	keep(&g->uplink.live.trial, &g->settings);
	live_write(g);
	g->uplink.last_words[0] = '\0';
	g->uplink.live.state = LIVE_OFFERED;
	if (!supplicant_request_long(&g->uplink.supplicant, "RECONFIGURE", READ_MS, on_reply))
		start_with_it(g);
}

/* The host's question is answered, unless another file came after this one. */
static void finish(struct guest *g, const char *refused)
{
	struct live *v = &g->uplink.live;
	bool again = v->again;

	v->state = LIVE_IDLE;
	v->again = false;
	forget(&v->trial);
	if (again && !holds(&v->used, &g->settings))
		offer(g);
	else
		channel_applied(&g->channel, again ? NULL : refused);
}

static void accept_it(struct guest *g)
{
	struct live *v = &g->uplink.live;

	forget(&v->used);
	v->used = v->trial;
	v->trial = (struct live_text){0};
	finish(g, NULL);
}

static void refuse_it(struct guest *g)
{
	struct live *v = &g->uplink.live;

	if (v->used.whole && !v->again) {
		log_warn("the networks before stay in use: %s", g->uplink.last_words);
		buf_fini(&g->settings.supplicant);
		buf_add(&g->settings.supplicant, v->used.file.data, v->used.file.len);
		str_copy(g->settings.country, sizeof(g->settings.country), v->used.country);
		live_write(g);
	}
	finish(g, g->uplink.last_words);
}

static void on_reply(void *arg, const char *reply)
{
	struct guest *g = arg;
	struct live *v = &g->uplink.live;

	/* When it ended, live_ended() is about to hear of it. */
	if (v->state != LIVE_OFFERED || (reply == NULL && !g->uplink.wpa.running))
		return;
	service_hear(&g->uplink.wpa);
	if (reply != NULL && strncmp(reply, "OK", 2) != 0) {
		refuse_it(g);
	} else if (reply == NULL ||
		   text_has_p2p(&v->used.file) != text_has_p2p(&v->trial.file)) {
		/* It hangs; or the device for P2P, made at the start only, comes or goes. */
		start_with_it(g);
	} else {
		uplink_renewed(g);
		accept_it(g);
	}
}

bool live_reads(const struct guest *g)
{
	return g->uplink.live.state == LIVE_OFFERED;
}

void live_changed(struct guest *g, bool adopt)
{
	struct live *v = &g->uplink.live;

	if (!g->uplink.wpa.wanted) {
		channel_applied(&g->channel, NULL);
	} else if (v->state != LIVE_IDLE) {
		v->again = true;
	} else if (adopt) {
		live_write(g);
		keep(&v->used, &g->settings);
		channel_applied(&g->channel, NULL);
	} else {
		offer(g);
	}
}

void live_same(struct guest *g)
{
	/* Of what is under way still, the end is the answer. */
	if (g->uplink.live.state == LIVE_IDLE)
		channel_applied(&g->channel, NULL);
}

void live_attached(struct guest *g)
{
	struct live *v = &g->uplink.live;

	if (v->state == LIVE_STARTED)
		accept_it(g);
	else if (v->state == LIVE_IDLE)
		keep(&v->used, &g->settings);
}

void live_ended(struct guest *g)
{
	struct live *v = &g->uplink.live;

	if (v->state == LIVE_OFFERED) {
		start_with_it(g);
	} else if (v->state == LIVE_STARTED) {
		refuse_it(g);
		if (v->state == LIVE_IDLE && v->used.whole)
			uplink_restart(g);
	}
}

void live_reset(struct guest *g)
{
	struct live *v = &g->uplink.live;

	if (v->state != LIVE_IDLE)
		channel_applied(&g->channel, NULL);
	forget(&v->trial);
	forget(&v->used);
	v->state = LIVE_IDLE;
	v->again = false;
}
