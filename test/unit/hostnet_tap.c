/*
 * hostnet_tap: FreeBSD's taps, made, marked and removed, over a kernel that is a table
 * here; and every one of its calls may be the last of the process.
 */
#include <errno.h>
#include <setjmp.h>
#include <unistd.h>

#include "check.h"
#include "hostnet/bsd.h"

static struct entry {
	char name[HOSTNET_NAME];
	struct bsd_interface i;
} table[8];
static size_t entries;
static int calls, kill_at, fail_at, open_for;
static const char *taken; /* a unit that exists elsewhere */
static jmp_buf killed;
static char state[64], mark[256];

static struct entry *find(const char *name)
{
	for (size_t i = 0; i < entries; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

static bool call(void)
{
	calls++;
	if (calls == kill_at)
		longjmp(killed, 1);
	return calls != fail_at;
}

static int k_look(const char *name, struct bsd_interface *i, struct err *e)
{
	const struct entry *f = find(name);

	if (!call())
		return err_set(e, EIO, "look");
	if (f == NULL)
		return 0;
	*i = f->i;
	if (open_for > 0 && --open_for == 0)
		find(name)->i.opener = 0;
	return 1;
}

static void put(const char *name, const char *device, const char *description)
{
	struct entry *n = &table[entries++];

	memset(n, 0, sizeof(*n));
	str_copy(n->name, sizeof(n->name), name);
	str_copy(n->i.device, sizeof(n->i.device), device);
	str_copy(n->i.description, sizeof(n->i.description), description);
}

static int k_create(const char *name, struct err *e)
{
	if (!call())
		return err_set(e, EIO, "create");
	for (size_t i = 0; i < entries; i++)
		if (strcmp(table[i].i.device, name) == 0)
			return err_set(e, EEXIST, "create");
	if (taken != NULL && strcmp(name, taken) == 0)
		return err_set(e, EEXIST, "create");
	put(name, name, "");
	return 0;
}

static int k_describe(const char *name, const char *description, struct err *e)
{
	if (!call())
		return err_set(e, EIO, "describe");
	str_copy(find(name)->i.description, sizeof(table[0].i.description), description);
	return 0;
}

static int k_prepare(const char *name, struct err *e)
{
	return call() ? 0 : err_set(e, EIO, "prepare");
}

static int k_rename(const char *name, const char *to, struct err *e)
{
	if (!call() || find(to) != NULL)
		return err_set(e, EEXIST, "rename");
	str_copy(find(name)->name, HOSTNET_NAME, to);
	return 0;
}

static int k_destroy(const char *name, struct err *e)
{
	struct entry *f = find(name);

	if (!call())
		return err_set(e, EIO, "destroy");
	if (f != NULL)
		*f = table[--entries];
	return 0;
}

static const struct bsd_taps taps = {
    k_look, k_create, k_describe, k_prepare, k_rename, k_destroy};

static struct err e;

static void host(void)
{
	char path[96];

	entries = 0;
	calls = kill_at = fail_at = open_for = 0;
	taken = NULL;
	e = (struct err){0};
	str_format(path, sizeof(path), "%s/tap", state);
	unlink(path);
	put("em0", "em0", "");
}

static bool noted(void)
{
	char path[96];

	str_format(path, sizeof(path), "%s/tap", state);
	return access(path, F_OK) == 0;
}

static void made_and_removed(void)
{
	struct bsd_interface i;

	host();
	CHECK_INT(bsd_tap_find(&taps, state, "airlock0", &i, &e), 0);
	CHECK_INT(bsd_tap_make(&taps, state, "airlock0", &e), 0);
	CHECK_INT(bsd_tap_find(&taps, state, "airlock0", &i, &e), 1);
	CHECK_STR(i.device, "tap1000");
	CHECK_STR(i.description, mark);
	CHECK(!noted());
	CHECK_INT(bsd_tap_make(&taps, state, "airlock0-air", &e), 0);
	CHECK_STR(find("airlock0-air")->i.device, "tap1001");
	CHECK_INT(bsd_tap_remove(&taps, state, "airlock0", &e), 0);
	CHECK_INT(bsd_tap_remove(&taps, state, "airlock0-air", &e), 0);
	CHECK_INT(bsd_tap_remove(&taps, state, "airlock0", &e), 0);
	CHECK_INT(entries, 1);
}

static void a_unit_that_is_taken_is_passed_over(void)
{
	host();
	put("tap1000", "tap1000", "somebody's");
	taken = "tap1001";
	CHECK_INT(bsd_tap_make(&taps, state, "airlock0", &e), 0);
	CHECK_STR(find("airlock0")->i.device, "tap1002");
	CHECK_INT(e.kind, 0);
	CHECK(find("tap1000") != NULL);
}

static void a_name_that_is_taken_is_said(void)
{
	host();
	put("airlock0", "tap7", "vm-bhyve");
	find("airlock0")->i.opener = 812;
	CHECK_INT(bsd_tap_make(&taps, state, "airlock0", &e), -1);
	CHECK_HAS(e.text, "exists and is not ours (tap7: vm-bhyve, open in process 812)");
	CHECK_HAS(e.hint, "ifconfig airlock0 destroy");
	CHECK_INT(e.kind, ERR_HOST);
	/* And it is not removed either, nor one that is no tap. */
	CHECK_INT(bsd_tap_remove(&taps, state, "airlock0", &e), 0);
	CHECK(find("airlock0") != NULL);
	str_copy(find("airlock0")->i.description, 256, mark);
	str_copy(find("airlock0")->i.device, HOSTNET_NAME, "em1");
	CHECK_INT(bsd_tap_remove(&taps, state, "airlock0", &e), 0);
	CHECK(find("airlock0") != NULL);
}

/* A hypervisor that was killed closes the device a moment later. */
static void an_open_device_is_waited_for(void)
{
	host();
	CHECK_INT(bsd_tap_make(&taps, state, "airlock0", &e), 0);
	find("airlock0")->i.opener = 99;
	open_for = 4;
	CHECK_INT(bsd_tap_remove(&taps, state, "airlock0", &e), 0);
	CHECK(find("airlock0") == NULL);
}

static void a_failure_leaves_nothing(void)
{
	int n, failures = 0;

	for (n = 1; n < 12; n++) {
		host();
		fail_at = n;
		if (bsd_tap_make(&taps, state, "airlock0", &e) < 0) {
			failures++;
			CHECK_INT(entries, 1);
			CHECK(!noted());
		}
	}
	CHECK_INT(failures, 6);
}

static void killed_at_any_moment(void)
{
	volatile int n, kills = 0;

	for (n = 1; n < 12; n++) {
		host();
		kill_at = n;
		if (setjmp(killed) == 0) {
			bsd_tap_make(&taps, state, "airlock0", &e);
			bsd_tap_remove(&taps, state, "airlock0", &e);
		} else {
			kills++;
		}
		kill_at = 0;
		CHECK_INT(bsd_tap_remove(&taps, state, "airlock0", &e), 0);
		CHECK_INT(bsd_tap_recover(&taps, state, &e), 0);
		CHECK_INT(entries, 1);
		CHECK(!noted());
	}
	CHECK(kills >= 8);
}

/* Noted, but somebody else has made one of that unit since, and uses it. */
static void what_others_made_since_stays(void)
{
	struct {
		const char *description;
		long opener;
		bool up, removed;
	} rows[] = {
	    {"", 0, false, true},
	    {"", 0, true, false},
	    {"", 12, false, false},
	    {"theirs", 0, false, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char path[96];

		host();
		str_format(path, sizeof(path), "%s/tap", state);
		CHECK_INT(file_replace(path, "tap1000\n", 8, 0600, &e), 0);
		put("tap1000", "tap1000", rows[i].description);
		find("tap1000")->i.opener = rows[i].opener;
		find("tap1000")->i.up = rows[i].up;
		CHECK_INT(bsd_tap_recover(&taps, state, &e), rows[i].removed);
		CHECK_INT(entries, rows[i].removed ? 1 : 2);
		CHECK(!noted());
	}
}

static void only_units_of_ours_are_believed(void)
{
	static const char *const bad[] = {"tap0\n", "em0\n", "tap99999\n", "", "tap"};
	char path[96];

	str_format(path, sizeof(path), "%s/tap", state);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		host();
		put("tap0", "tap0", "");
		CHECK_INT(file_replace(path, bad[i], strlen(bad[i]), 0600, &e), 0);
		CHECK_INT(bsd_tap_recover(&taps, state, &e), 0);
		CHECK_INT(entries, 2);
	}
}

int main(void)
{
	str_copy(state, sizeof(state), "/tmp/airlock-tap-XXXXXX");
	if (mkdtemp(state) == NULL)
		return 1;
	str_format(mark, sizeof(mark), "airlock %s", state);
	log_level_set(LEVEL_NONE);
	RUN(made_and_removed);
	RUN(a_unit_that_is_taken_is_passed_over);
	RUN(a_name_that_is_taken_is_said);
	RUN(an_open_device_is_waited_for);
	RUN(a_failure_leaves_nothing);
	RUN(killed_at_any_moment);
	RUN(what_others_made_since_stays);
	RUN(only_units_of_ours_are_believed);
	host();
	rmdir(state);
	return check_done();
}
