/*
 * Hosts and what `airlock doctor` says of them: every *.tree of test/golden/doctor (its
 * syntax: host_world.h) against its *.expected.  With the argument "update" the
 * *.expected are written anew, to be read by eye.  What programs get as JSON says the same.
 */
#include <glob.h>
#include <jansson.h>

#include "cli/doctor.h"
#include "host_world.h"

static int bad;

static void result(const char *name, const char *why)
{
	if (why == NULL)
		printf("ok - %s\n", name);
	else
		printf("not ok - %s: %s\n", name, why);
	bad |= why != NULL;
}

/* Paths as the host would have them. */
static void add_plain(struct buf *out, const char *text, const char *root)
{
	const char *at;

	for (; (at = strstr(text, root)) != NULL; text = at + strlen(root))
		buf_add(out, text, (size_t)(at - text));
	buf_addf(out, "%s", text);
}

static void say(const struct doctor *d, const char *root, struct buf *out)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct finding *f = &d->list[i];

		buf_addf(out, "%s %s: ", finding_state_name(f->state), f->name);
		add_plain(out, f->text, root);
		buf_addf(out, "\n");
		if (f->fix[0] != '\0') {
			buf_addf(out, "    -> ");
			add_plain(out, f->fix, root);
			buf_addf(out, "\n");
		}
	}
}

/* The array has each finding, with all its four strings. */
static const char *check_json(const struct doctor *d)
{
	auto_free char *text = doctor_json(d);
	json_t *list = text != NULL ? json_loads(text, 0, NULL) : NULL;
	const char *why =
	    json_array_size(list) == d->count ? NULL : "the JSON is not the findings";

	for (size_t i = 0; why == NULL && i < d->count; i++) {
		const json_t *o = json_array_get(list, i);

		if (json_object_size(o) != 4 ||
		    strcmp(json_string_value(json_object_get(o, "name")), d->list[i].name) !=
			0 ||
		    strcmp(json_string_value(json_object_get(o, "text")), d->list[i].text) !=
			0 ||
		    strcmp(json_string_value(json_object_get(o, "fix")), d->list[i].fix) != 0 ||
		    strcmp(json_string_value(json_object_get(o, "state")),
			finding_state_name(d->list[i].state)) != 0)
			why = "a finding is another in JSON";
	}
	json_decref(list);
	return why;
}

static void run_file(const char *path, bool update)
{
	static struct world w;
	static struct doctor d;
	char expected[4096];
	struct err e = {0};
	auto_free char *text = file_read(path, 1 << 20, NULL, &e), *want = NULL;
	struct buf got = {0};
	const char *why;

	if (text == NULL) {
		result(path, e.text);
		return;
	}
	world_init(&w, text);
	doctor_init(&d, &w.probe, &w.conf);
	d.root_user = true;
	d.running = w.running;
	d.report = w.report;
	doctor_run(&d);
	say(&d, w.root, &got);
	why = check_json(&d);
	doctor_fini(&d);
	world_fini(&w);
	str_format(expected, sizeof(expected), "%.*s.expected", (int)(strlen(path) - 5), path);
	if (update) {
		file_replace(expected, got.data, got.len, 0644, &e);
	} else {
		want = file_read(expected, 1 << 20, NULL, &e);
		if (want == NULL)
			why = e.text;
		else if (strcmp(want, got.data) != 0)
			why = "other findings than expected";
		if (why != NULL)
			fprintf(stderr, "%s", got.data);
	}
	result(strrchr(path, '/') + 1, why);
	buf_fini(&got);
}

int main(int argc, char **argv)
{
	bool update = argc > 1 && strcmp(argv[1], "update") == 0;
	glob_t g = {0};

	if (glob(DOCTOR_GOLDEN "/*.tree", 0, NULL, &g) != 0)
		result(DOCTOR_GOLDEN, "no such files");
	for (size_t i = 0; i < g.gl_pathc; i++)
		run_file(g.gl_pathv[i], update);
	globfree(&g);
	return bad;
}
