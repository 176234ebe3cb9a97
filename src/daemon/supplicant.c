/*
 * supplicant: the user's wpa_supplicant.conf on its way to the guest.
 *
 * The file goes unchanged with every set of settings.  A watch tells when it may
 * be another one; after a moment of quiet (an editor writes more than once) it
 * is read, and when its content differs from what the guest has, the settings
 * are sent.  A file that is not there, or empty, is given a second more: it may
 * be in the middle of being written.
 *
 * The guest answers each set of settings with WIRE_APPLIED.  A refusal is shown to
 * whoever asked for a reload, or else logged, and stands in `status` until a
 * good file was taken.  `airlock join` says by WIRE_VERB_ADOPT which content the
 * running supplicant knows already.
 *
 * What the file says is a secret: it is never kept, only its length and CRC.
 * What the guest says of it is hostile: cut, escaped, passphrases taken out.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/machine.h"
#include "daemon/priv.h"

#define FILE_PIECE    32768
#define SETTLE_MS     200
#define SETTLE_MAX_MS 1000
#define VANISHED_MS   1000
#define ANSWER_MS     5000
#define ADOPT_MS      60000

static void forget(char *text, size_t len)
{
	if (text != NULL)
		explicit_bzero(text, len);
	free(text);
}

/* The file's text, which the caller forgets, or NULL with *e. */
static char *read_file(struct machine *m, size_t *len, struct err *e)
{
	auto_fd fd = -1;

	*len = 0;
	if (priv_ask(m->priv, PRIV_OPEN_SUPPLICANT, NULL, &fd, e) < 0)
		return NULL;
	return fd_read_all(fd, m->conf.supplicant, WIRE_FILE_MAX, len, e);
}

/* By which a content is known; "" for no file. */
static char *mark_of(char mark[WIRE_FILE_MARK], const char *text, size_t len)
{
	mark[0] = '\0';
	return text == NULL ? mark : wire_file_mark(mark, text, len);
}

void supplicant_send(struct machine *m)
{
	struct wire_msg msg = {.type = WIRE_FILE, .file = {.which = WIRE_FILE_SUPPLICANT}};
	struct supplicant *s = &m->supplicant;
	char mark[WIRE_FILE_MARK];
	struct err e = {0};
	size_t len;
	char *text;

	/* A guest that has no radio needs nobody's passphrases. */
	if (machine_wired(m))
		return;
	text = read_file(m, &len, &e);
	mark_of(mark, text, len);
	if (text == NULL)
		log_warn("no networks are known: %s", e.text);
	if (!s->sent || strcmp(mark, s->mark) != 0) {
		msg.file.adopt = s->adopted[0] != '\0' && strcmp(mark, s->adopted) == 0 &&
				 now_ms() - s->adopted_ms < ADOPT_MS;
		s->adopted[0] = '\0';
	}
	s->awaited = true;
	str_copy(s->mark, sizeof(s->mark), mark);
	s->sent = true;
	msg.file.total = (uint32_t)len;
	do {
		msg.file.data.data =
		    text != NULL ? (const uint8_t *)text + msg.file.offset : NULL;
		msg.file.data.len = (uint32_t)MIN(len - msg.file.offset, (size_t)FILE_PIECE);
		conn_send(&m->channel, &msg);
		msg.file.offset += msg.file.data.len;
	} while (msg.file.offset < len);
	forget(text, len);
}

void supplicant_adopt(struct machine *m, const char *mark)
{
	str_copy(m->supplicant.adopted, sizeof(m->supplicant.adopted), mark);
	m->supplicant.adopted_ms = now_ms();
}

void supplicant_new_guest(struct machine *m)
{
	struct supplicant *s = &m->supplicant;

	s->sent = s->awaited = false;
	s->adopted[0] = s->mark[0] = '\0';
}

/* ---------------------------------------------------------------- answers */

static void end_reloads(struct machine *m, const struct err *e)
{
	loop_timer_del(m->loop, &m->supplicant.answer);
	for (size_t i = 0; i < MACHINE_CLIENTS; i++)
		if (m->requests[i].verb == WIRE_VERB_RELOAD)
			clients_reply(m, &m->requests[i], e, m->supplicant.reloaded);
}

/* What became of the file, to all who wait for it. */
static void tell_verdict(struct machine *m)
{
	struct err e = {0};

	if (m->supplicant.notice[0] == '\0') {
		end_reloads(m, NULL);
		return;
	}
	err_set(&e, 0, "%s", m->supplicant.notice);
	err_hint(&e, "mend %s; it is taken as soon as it is written", m->conf.supplicant);
	err_is(&e, ERR_CONF);
	end_reloads(m, &e);
}

static void on_no_answer(void *arg)
{
	struct machine *m = arg;
	struct err e = {0};

	err_set(&e, 0, "the guest did not say within %d s whether it takes %s",
	    ANSWER_MS / 1000, m->conf.supplicant);
	err_hint(&e, "airlock log");
	end_reloads(m, &e);
}

void supplicant_applied(struct machine *m, const struct wire_msg *msg)
{
	const char *name = strrchr(m->conf.supplicant, '/');
	struct supplicant *s = &m->supplicant;
	char notice[sizeof(s->notice)] = "", clean[sizeof(s->notice)];
	char reason[sizeof(msg->applied.reason)];

	name = name != NULL ? name + 1 : m->conf.supplicant;
	s->awaited = false;
	if (msg->applied.refused) {
		str_copy(reason, sizeof(reason), msg->applied.reason);
		str_hide_secrets(reason);
		str_format(notice, sizeof(notice),
		    "%.40s is refused: %.110s; the one before stays in use", name, reason);
	}
	str_clean(clean, sizeof(clean), notice, strlen(notice));
	if (strcmp(clean, s->notice) != 0) {
		str_copy(s->notice, sizeof(s->notice), clean);
		if (notice[0] != '\0')
			log_warn("%s", notice);
		else
			log_info("%s is good again", name);
		clients_state(m);
	}
	tell_verdict(m);
}

void supplicant_reloaded(struct machine *m, const char *text)
{
	struct supplicant *s = &m->supplicant;

	str_copy(s->reloaded, sizeof(s->reloaded), text);
	s->answer.fn = on_no_answer;
	s->answer.arg = m;
	if (s->awaited)
		loop_timer_set(m->loop, &s->answer, ANSWER_MS);
	else
		tell_verdict(m);
}

/* ------------------------------------------------------------------ watch */

static void on_change(void *arg, short revents);

/* Watch the places as they are now. */
static void renew(struct machine *m)
{
	struct supplicant *s = &m->supplicant;
	struct err e = {0};
	int fd = -1;

	if (s->watch.fn != NULL && s->watch.fd >= 0) {
		loop_io_del(m->loop, &s->watch);
		fd_close(&s->watch.fd);
	}
	if (priv_ask(m->priv, PRIV_WATCH_SUPPLICANT, NULL, &fd, &e) < 0) {
		if (!s->blind)
			log_warn("changes need `airlock reload`: %s", e.text);
		s->blind = true;
	}
	s->watch = (struct loop_io){.fd = fd, .events = POLLIN, .fn = on_change, .arg = m};
	if (fd >= 0)
		loop_io_add(m->loop, &s->watch);
}

/* All is quiet: look. */
static void on_settled(void *arg)
{
	struct machine *m = arg;
	struct supplicant *s = &m->supplicant;
	char mark[WIRE_FILE_MARK];
	struct err e = {0};
	size_t len;
	char *text;

	s->moved_ms = 0;
	renew(m);
	text = read_file(m, &len, &e);
	mark_of(mark, text, len);
	forget(text, len);
	if (!m->greeted || machine_wired(m) || (s->sent && strcmp(mark, s->mark) == 0)) {
		s->vanished = false;
	} else if (len == 0 && !s->vanished) {
		s->vanished = true;
		loop_timer_set(m->loop, &s->settle, VANISHED_MS);
	} else {
		s->vanished = false;
		log_info("%s changed", m->conf.supplicant);
		channel_settings(m);
	}
}

static void on_change(void *arg, short revents)
{
	struct machine *m = arg;
	struct supplicant *s = &m->supplicant;
	uint64_t now = now_ms();
	char drain[4096];

	while (read(s->watch.fd, drain, sizeof(drain)) > 0)
		;
	if (s->moved_ms == 0)
		s->moved_ms = now;
	/* Whoever writes without end is read in the middle. */
	if (now - s->moved_ms < SETTLE_MAX_MS)
		loop_timer_set(m->loop, &s->settle, SETTLE_MS);
}

void supplicant_watch(struct machine *m)
{
	m->supplicant.settle = (struct loop_timer){.fn = on_settled, .arg = m};
	renew(m);
}
