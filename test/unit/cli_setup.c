/*
 * Hosts and what `airlock setup` does to them: every *.tree of test/golden/setup (its
 * syntax: host_world.h) against its *.expected: the plan, the commands that are run, what
 * a second setup finds to do, what the undo says.  With the argument "update" the
 * *.expected are written anew, to be read by eye.
 *
 * Whatever is undone leaves the tree as it was, byte for byte, modes and links included:
 * after a whole setup, after one that was killed before any of its acts, after an undo
 * that was killed before any of its own and done again.
 */
#include <dirent.h>
#include <glob.h>
#include <limits.h>

#include "check.h"
#include "cli/setup.h"
#include "host_world.h"

#define ACTS_MAX 100

struct trial {
	struct world w;
	struct cardlist cards;
	struct setup s;
};

static void begin(struct trial *t, const char *text)
{
	struct err e = {0};

	world_init(&t->w, text);
	CHECK_INT(cardlist_init(&t->cards, &t->w.probe, &e), 0);
}

/* Look at the host as it is now, and plan; -1 with *e. */
static int plan(struct trial *t, int stop_after, struct err *e)
{
	static char text[1 << 16];
	char path[300];
	FILE *f;

	/* The configuration is what the file says now. */
	str_format(path, sizeof(path), "%s/etc/airlock.conf", t->w.root);
	f = fopen(path, "re");
	if (f != NULL) {
		size_t len = fread(text, 1, sizeof(text), f);

		fclose(f);
		CHECK_INT(conf_parse(&t->w.conf, t->w.conf.machine, text, len, "f", e), 0);
	}
	t->s = (struct setup){.probe = &t->w.probe,
	    .conf = &t->w.conf,
	    .conf_path = "/etc/airlock.conf",
	    .cards = &t->cards,
	    .import = t->w.import,
	    .stop_after = stop_after};
	t->s.card =
	    pci_choose(&t->cards.pci, conf_has_card(&t->w.conf) ? t->w.conf.radio : "auto", e);
	return t->s.card == NULL ? -1 : setup_plan(&t->s, e);
}

static void end(struct trial *t)
{
	setup_fini(&t->s);
	cardlist_fini(&t->cards);
	world_fini(&t->w);
}

/* Every path below the root with mode and content or target. */
static void dump(struct buf *out, const char *root, const char *dir)
{
	char path[PATH_MAX], target[PATH_MAX];
	struct dirent **list = NULL;
	int n;

	str_format(path, sizeof(path), "%s%s", root, dir);
	n = scandir(path, &list, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		char name[PATH_MAX];
		struct stat st;
		ssize_t len;

		str_format(name, sizeof(name), "%s/%s", dir, list[i]->d_name);
		str_format(path, sizeof(path), "%s%s", root, name);
		if (strcmp(list[i]->d_name, ".") != 0 && strcmp(list[i]->d_name, "..") != 0 &&
		    lstat(path, &st) == 0) {
			buf_addf(out, "%s %o ", name, st.st_mode);
			if (S_ISREG(st.st_mode)) {
				struct err e = {0};
				size_t size = 0;
				auto_free char *data = file_read(path, 1 << 20, &size, &e);

				buf_add(out, data, size);
			} else if (S_ISLNK(st.st_mode)) {
				len = readlink(path, target, sizeof(target));
				buf_add(out, target, (size_t)len);
			}
			buf_addf(out, "\n");
			if (S_ISDIR(st.st_mode))
				dump(out, root, name);
		}
		free(list[i]);
	}
	free(list);
}

static void check_same(struct trial *t, const struct buf *before, const char *when, int at)
{
	struct buf now = {0};

	dump(&now, t->w.root, "");
	if (now.len != before->len || memcmp(now.data, before->data, now.len) != 0)
		CHECK_FAIL("%s %d: the tree is not as it was", when, at);
	buf_fini(&now);
}

/* Undo, killed before each act in turn, until one gets through. */
static void undo_in_pieces(struct trial *t)
{
	int rc = -1;

	for (int stop = 0; rc < 0 && stop < ACTS_MAX; stop++) {
		struct buf said = {0};
		struct err e = {0};

		rc = setup_undo(&t->w.probe, &t->w.conf, stop, &said, &e);
		if (rc < 0)
			CHECK_STR(e.text, "stopped: Interrupted system call");
		buf_fini(&said);
	}
	CHECK(rc >= 0);
}

/* Setup killed before act number `stop`; false when it got through. */
static bool kill_at(const char *text, int stop, bool again)
{
	struct trial t;
	struct buf before = {0};
	struct err e = {0};
	bool killed;

	begin(&t, text);
	dump(&before, t.w.root, "");
	CHECK_INT(plan(&t, stop, &e), 0);
	killed = setup_do(&t.s, &e) < 0;
	if (again) {
		setup_fini(&t.s);
		e = (struct err){0};
		CHECK_INT(plan(&t, -1, &e), 0);
		CHECK_INT(setup_do(&t.s, &e), 0);
		setup_fini(&t.s);
		CHECK_INT(plan(&t, -1, &e), 0);
		CHECK_INT(setup_changes(&t.s), 0);
	}
	undo_in_pieces(&t);
	check_same(&t, &before, again ? "killed and done again at" : "killed at", stop);
	buf_fini(&before);
	end(&t);
	return killed;
}

static void kill_everywhere(const char *text)
{
	int stop = 0;

	while (stop < ACTS_MAX && kill_at(text, stop, false)) {
		kill_at(text, stop, true);
		stop++;
	}
	CHECK(stop < ACTS_MAX);
}

/* --- golden */

static void run_whole(struct trial *t, struct buf *got)
{
	struct buf before = {0}, said = {0};
	struct err e = {0};

	dump(&before, t->w.root, "");
	if (plan(t, -1, &e) < 0) {
		buf_addf(got, "refused: %s\n", e.text);
		buf_fini(&before);
		return;
	}
	setup_describe(&t->s, got);
	buf_fini(&t->w.ran);
	CHECK_INT(setup_do(&t->s, &e), 0);
	buf_addf(got, "--- ran\n%s--- again\n", t->w.ran.data != NULL ? t->w.ran.data : "");
	setup_fini(&t->s);
	CHECK_INT(plan(t, -1, &e), 0);
	setup_describe(&t->s, got);
	buf_fini(&t->w.ran);
	CHECK(setup_undo(&t->w.probe, &t->w.conf, -1, &said, &e) >= 0);
	buf_addf(got, "--- undo\n%s--- ran\n%s", said.data != NULL ? said.data : "",
	    t->w.ran.data != NULL ? t->w.ran.data : "");
	check_same(t, &before, "undone", 0);
	buf_fini(&before);
	buf_fini(&said);
}

static void run_file(const char *path, bool update)
{
	struct trial t = {0};
	char expected[4096];
	struct err e = {0};
	auto_free char *text = file_read(path, 1 << 20, NULL, &e), *want = NULL;
	struct buf got = {0};

	CHECK(text != NULL);
	begin(&t, text);
	run_whole(&t, &got);
	end(&t);
	str_format(expected, sizeof(expected), "%.*s.expected", (int)(strlen(path) - 5), path);
	if (update) {
		CHECK_INT(file_replace(expected, got.data, got.len, 0644, &e), 0);
	} else {
		want = file_read(expected, 1 << 20, NULL, &e);
		CHECK_STR(got.data, want != NULL ? want : "(none)");
		if (strncmp(got.data, "refused", 7) != 0)
			kill_everywhere(text);
	}
	buf_fini(&got);
}

static bool update_expected;

static void golden(void)
{
	glob_t g = {0};

	CHECK_INT(glob(SETUP_GOLDEN "/*.tree", 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		unsigned before = check_case_failures;

		run_file(g.gl_pathv[i], update_expected);
		printf("# %s %s\n", strrchr(g.gl_pathv[i], '/') + 1,
		    before == check_case_failures ? "ok" : "not ok");
	}
	globfree(&g);
}

/* --- what a golden file cannot show */

static const char laptop[] = "include intel-ax200\n"
			     "process 400 NetworkManager /usr/sbin/NetworkManager\n"
			     "conf # mine\\n#radio = \"auto\";\\nmode = router\\n\n"
			     "has /run/systemd/system/x\n"
			     "has /lib/systemd/system/airlock.service\n";

static void put(struct trial *t, const char *path, const char *text)
{
	tree_put(t->w.root, path, text, strlen(text));
}

static char *get(struct trial *t, const char *path)
{
	return probe_read(&t->w.probe, path, NULL);
}

static void a_changed_file_is_kept(void)
{
	struct trial t = {0};
	struct buf said = {0};
	struct err e = {0};
	auto_free char *text = NULL;

	begin(&t, laptop);
	CHECK_INT(plan(&t, -1, &e), 0);
	CHECK_INT(setup_do(&t.s, &e), 0);
	put(&t, "/etc/airlock.conf", "radio = \"0000:03:00.0\"; log_level = debug;\n");
	CHECK(setup_undo(&t.w.probe, &t.w.conf, -1, &said, &e) > 0);
	CHECK_HAS(said.data, "/etc/airlock.conf was changed since: kept as it is\n");
	CHECK_HAS(said.data, "/etc/NetworkManager/conf.d/airlock.conf: removed\n");
	text = get(&t, "/etc/airlock.conf");
	CHECK_STR(text, "radio = \"0000:03:00.0\"; log_level = debug;\n");
	CHECK(!probe_exists(&t.w.probe, "/etc/NetworkManager"));
	/* Undone once is undone. */
	CHECK_INT(setup_undo(&t.w.probe, &t.w.conf, -1, &said, &e), 0);
	CHECK(!probe_exists(&t.w.probe, "/var/lib/airlock/setup.json"));
	buf_fini(&said);
	end(&t);
}

static const char freebsd[] = "host freebsd\nhost freebsd-card\n"
			      "conf supplicant = \"/etc/wpa_supplicant.conf\"; "
			      "state_dir = \"/var/db/airlock\";\n"
			      "put /boot/loader.conf pptdevs=\"5/0/0\"\\n\n"
			      "put /etc/rc.conf hostname=x\\nwlans_iwlwifi0=wlan0\\n\n";

/* Others go on editing such files: what setup set is undone, and nothing else. */
static void a_setting_is_undone_by_itself(void)
{
	struct trial t = {0};
	struct buf said = {0};
	struct err e = {0};
	auto_free char *loader = NULL, *rc = NULL;

	begin(&t, freebsd);
	CHECK_INT(plan(&t, -1, &e), 0);
	CHECK_INT(setup_do(&t.s, &e), 0);
	put(&t, "/boot/loader.conf",
	    "# new\npptdevs=\"5/0/0 3/0/0\" # x\nvmm_load=\"YES\"\nbeastie_disable=YES\n");
	put(&t, "/etc/rc.conf", "wlans_iwlwifi0=\"wlan7\"\nairlock_enable=\"YES\"; a=1\n");
	CHECK(setup_undo(&t.w.probe, &t.w.conf, -1, &said, &e) > 0);
	loader = get(&t, "/boot/loader.conf");
	CHECK_STR(loader, "# new\npptdevs=\"5/0/0\" # x\nbeastie_disable=YES\n");
	rc = get(&t, "/etc/rc.conf");
	CHECK_STR(rc, "wlans_iwlwifi0=\"wlan7\"\nairlock_enable=\"YES\"; a=1\n");
	CHECK_HAS(said.data, "/boot/loader.conf: pptdevs: as it was before\n");
	CHECK_HAS(said.data, "/boot/loader.conf: vmm_load: taken out\n");
	CHECK_HAS(said.data, "/etc/rc.conf: wlans_iwlwifi0 was changed since: kept as it is\n");
	CHECK_HAS(
	    said.data, "/etc/rc.conf: there is more than airlock_enable in its line: kept");
	CHECK(!probe_exists(&t.w.probe, "/var/db/airlock/setup.json"));
	buf_fini(&said);
	end(&t);
}

/* A file that would become something else by one more line is refused, untouched. */
static void a_file_with_an_open_quote_is_refused(void)
{
	struct trial t = {0};
	struct err e = {0};

	begin(&t, freebsd);
	put(&t, "/etc/rc.conf", "motd=\"it begins\n");
	CHECK_INT(plan(&t, -1, &e), -1);
	CHECK_HAS(e.text, "in /etc/rc.conf: what begins in line 1 does not end");
	end(&t);
}

static void a_removed_file_stays_away(void)
{
	struct trial t = {0};
	struct buf said = {0};
	char path[300];
	struct err e = {0};

	begin(&t, laptop);
	CHECK_INT(plan(&t, -1, &e), 0);
	CHECK_INT(setup_do(&t.s, &e), 0);
	unlink(probe_path(&t.w.probe, path, sizeof(path), "/etc/airlock.conf"));
	CHECK(setup_undo(&t.w.probe, &t.w.conf, -1, &said, &e) > 0);
	CHECK_HAS(said.data, "/etc/airlock.conf is not there any more: left so\n");
	CHECK(!probe_exists(&t.w.probe, "/etc/airlock.conf"));
	buf_fini(&said);
	end(&t);
}

/* Between two setups the user chose another card and added a line. */
static void two_setups_are_undone_by_one(void)
{
	struct trial t = {0};
	struct buf before = {0}, said = {0};
	struct err e = {0};
	auto_free char *text = NULL;

	begin(&t, laptop);
	dump(&before, t.w.root, "");
	CHECK_INT(plan(&t, -1, &e), 0);
	CHECK_INT(setup_do(&t.s, &e), 0);
	setup_fini(&t.s);
	put(&t, "/etc/airlock.conf", "radio = auto; # again\n");
	CHECK_INT(plan(&t, -1, &e), 0);
	CHECK_INT(setup_changes(&t.s), 1);
	CHECK_INT(setup_do(&t.s, &e), 0);
	text = get(&t, "/etc/airlock.conf");
	CHECK_STR(text, "radio = \"0000:03:00.0\"; # again\n");
	CHECK(setup_undo(&t.w.probe, &t.w.conf, -1, &said, &e) > 0);
	free(text);
	/* Back to what the user wrote last; what setup replaced before is not his any more. */
	text = get(&t, "/etc/airlock.conf");
	CHECK_STR(text, "radio = auto; # again\n");
	buf_fini(&before);
	buf_fini(&said);
	end(&t);
}

static void a_link_stays_a_link(void)
{
	struct trial t = {0};
	struct buf before = {0}, said = {0};
	struct err e = {0};
	char path[300];
	struct stat st;

	begin(&t, "include intel-ax200\nput 0640 /etc/shared/router.conf mode = router;\\n\n"
		  "link /etc/airlock.conf shared/router.conf\n");
	dump(&before, t.w.root, "");
	CHECK_INT(plan(&t, -1, &e), 0);
	CHECK_INT(setup_do(&t.s, &e), 0);
	CHECK(
	    lstat(probe_path(&t.w.probe, path, sizeof(path), "/etc/airlock.conf"), &st) == 0 &&
	    S_ISLNK(st.st_mode));
	CHECK(stat(probe_path(&t.w.probe, path, sizeof(path), "/etc/shared/router.conf"),
		  &st) == 0 &&
	      (st.st_mode & 07777) == 0640);
	CHECK(setup_undo(&t.w.probe, &t.w.conf, -1, &said, &e) > 0);
	check_same(&t, &before, "undone", 0);
	buf_fini(&before);
	buf_fini(&said);
	end(&t);
}

/* A kill in the middle of writing leaves a part of a file, with passphrases maybe. */
static void torn_files_go(void)
{
	struct trial t = {0};
	struct buf before = {0}, said = {0};
	struct err e = {0};

	begin(&t, laptop);
	tree_put(t.w.root, "/etc/airlock.conf.notouch", "radio", 5);
	tree_put(t.w.root, "/etc/airlock.conf.Longer7", "", 0);
	dump(&before, t.w.root, "");
	CHECK_INT(plan(&t, -1, &e), 0);
	CHECK_INT(setup_do(&t.s, &e), 0);
	world_put(&t.w, (char[]){"0600 /etc/airlock.conf.Ab12Cd # mine\\n#ra"});
	world_put(&t.w, (char[]){"0600 /etc/NetworkManager/conf.d/airlock.conf.000000"});
	world_put(&t.w, (char[]){"0600 /var/lib/airlock/setup.json.xxxxxx {"});
	CHECK(setup_undo(&t.w.probe, &t.w.conf, -1, &said, &e) > 0);
	check_same(&t, &before, "undone", 0);
	buf_fini(&before);
	buf_fini(&said);
	end(&t);
}

/* A comment in Latin-1 comes back as it was, though JSON knows UTF-8 alone. */
static void bytes_of_any_kind_come_back(void)
{
	struct trial t = {0};
	struct buf before = {0}, said = {0};
	struct err e = {0};
	char path[300];
	struct stat st;

	begin(&t, "include intel-ax200\nconf # K\xfc\x63he\\nmode = router;\\n\n");
	dump(&before, t.w.root, "");
	CHECK_INT(plan(&t, -1, &e), 0);
	CHECK_INT(setup_do(&t.s, &e), 0);
	CHECK(stat(probe_path(&t.w.probe, path, sizeof(path), "/var/lib/airlock/setup.json"),
		  &st) == 0 &&
	      (st.st_mode & 07777) == 0600);
	CHECK(setup_undo(&t.w.probe, &t.w.conf, -1, &said, &e) > 0);
	check_same(&t, &before, "undone", 0);
	buf_fini(&before);
	buf_fini(&said);
	end(&t);
}

static void a_command_that_fails_is_told(void)
{
	struct trial t = {0};
	struct buf before = {0}, said = {0};
	struct err e = {0};
	char text[1000];

	str_format(text, sizeof(text),
	    "%sfails systemctl enable airlock.service = no such unit\n", laptop);
	begin(&t, text);
	dump(&before, t.w.root, "");
	CHECK_INT(plan(&t, -1, &e), 0);
	CHECK_INT(setup_do(&t.s, &e), -1);
	CHECK_HAS(e.text, "no such unit");
	CHECK_HAS(e.hint, "airlock setup --undo");
	e = (struct err){0};
	CHECK(setup_undo(&t.w.probe, &t.w.conf, -1, &said, &e) > 0);
	check_same(&t, &before, "undone", 0);
	buf_fini(&before);
	buf_fini(&said);
	end(&t);
}

static void a_reload_that_fails_matters_little(void)
{
	struct trial t = {0};
	struct err e = {0};
	char text[1000];

	str_format(text, sizeof(text),
	    "%sfails systemctl reload NetworkManager.service = not today\n", laptop);
	begin(&t, text);
	CHECK_INT(plan(&t, -1, &e), 0);
	CHECK_INT(setup_do(&t.s, &e), 0);
	end(&t);
}

/* A file outside of where its path seems to lead. */
#define BACK_RECORD                                                                         \
	"{\"format\":1,\"steps\":[{\"kind\":\"file\",\"path\":\"/etc/../x\",\"made\":\"\"," \
	"\"before\":\"\",\"after\":\"\",\"mode\":0,\"was\":0,\"uid\":0,\"gid\":0}]}"

/* What it is told to undo was not written by setup. */
static void a_strange_record_is_refused(void)
{
	static const char *const records[] = {"", "{", "[]", "{\"format\":2,\"steps\":[]}",
	    "{\"format\":1,\"steps\":[{\"kind\":\"file\"}]}", BACK_RECORD,
	    "{\"format\":1,\"steps\":[{\"kind\":\"rm\"}]}"};

	for (size_t i = 0; i < ARRAY_LEN(records); i++) {
		struct trial t = {0};
		struct buf said = {0};
		struct err e = {0};

		begin(&t, laptop);
		put(&t, "/var/lib/airlock/setup.json", records[i]);
		CHECK_INT(setup_undo(&t.w.probe, &t.w.conf, -1, &said, &e), -1);
		CHECK_HAS(e.text, "what setup did");
		CHECK_INT(plan(&t, -1, &e), 0);
		CHECK_INT(setup_do(&t.s, &e), -1);
		CHECK(!probe_exists(&t.w.probe, "/etc/NetworkManager"));
		end(&t);
	}
}

static void a_record_that_others_can_write_is_refused(void)
{
	struct trial t = {0};
	struct buf said = {0};
	struct err e = {0};
	char path[300];

	begin(&t, laptop);
	put(&t, "/var/lib/airlock/setup.json", "{\"format\":1,\"made\":false,\"steps\":[]}");
	CHECK_INT(
	    chmod(probe_path(&t.w.probe, path, sizeof(path), "/var/lib/airlock/setup.json"),
		0666),
	    0);
	CHECK_INT(setup_undo(&t.w.probe, &t.w.conf, -1, &said, &e), -1);
	CHECK_HAS(e.text, "is not a file that only its owner may write");
	end(&t);
}

static void what_could_be_taken_over_is_counted(void)
{
	struct trial t = {0};
	struct buf names = {0};
	struct err e = {0};
	char text[2000];

	str_format(text, sizeof(text),
	    "%sput 0600 /etc/NetworkManager/system-connections/home.nmconnection "
	    "[connection]\\ntype=wifi\\n[wifi]\\nssid=ho\\\\tme\\n\n"
	    "put 0600 /etc/NetworkManager/system-connections/vpn.nmconnection "
	    "[connection]\\ntype=vpn\\n\n",
	    laptop);
	begin(&t, text);
	CHECK_INT(plan(&t, -1, &e), 0);
	CHECK_INT(setup_importable(&t.s, &names), 1);
	CHECK_STR(names.data, "\"ho\\x09me\"");
	buf_fini(&names);
	end(&t);
}

static void secrets_are_not_shown(void)
{
	struct setup s = {0};
	struct setup_step *step = setup_add(&s, SETUP_FILE, "why");
	struct buf out = {0};

	buf_addf(&step->after, "a\npsk=\"correct horse\"\n");
	setup_describe(&s, &out);
	CHECK_HAS(out.data, "psk=***");
	CHECK(strstr(out.data, "horse") == NULL);
	buf_fini(&out);
	step->secret = true;
	setup_describe(&s, &out);
	CHECK_HAS(out.data, "22 bytes with passphrases, not shown");
	buf_fini(&out);
	setup_fini(&s);
}

/* FreeBSD's Ethernet interface is called as its driver's unit is: once is enough. */
static void a_card_says_its_interface_once(void)
{
	struct pci_device d = {.address = "0000:00:05.0",
	    .shown = "pci0:0:5:0",
	    .driver = "em",
	    .unit = "0",
	    .interfaces = {"em0", "vlan7"},
	    .interface_count = 2,
	    .kind = PCI_ETHERNET,
	    .group = -1};
	struct cardlist cards = {.pci = {.devices = &d, .count = 1}};
	struct buf out = {0};

	cards.pci.facts.system = PCI_SYSTEM_FREEBSD;
	cardlist_text(&cards, &d, "", "", &out);
	CHECK_HAS(out.data, "\n  driver em0, vlan7; ");
	buf_fini(&out);
	d.unit[0] = '\0';
	cardlist_text(&cards, &d, "", "", &out);
	CHECK_HAS(out.data, "\n  driver em, em0, vlan7; ");
	buf_fini(&out);
}

int main(int argc, char **argv)
{
	update_expected = argc > 1 && strcmp(argv[1], "update") == 0;
	log_open(NULL, NULL, "test", LEVEL_NONE);
	RUN(a_card_says_its_interface_once);
	RUN(golden);
	RUN(a_changed_file_is_kept);
	RUN(a_setting_is_undone_by_itself);
	RUN(a_file_with_an_open_quote_is_refused);
	RUN(a_removed_file_stays_away);
	RUN(two_setups_are_undone_by_one);
	RUN(a_link_stays_a_link);
	RUN(torn_files_go);
	RUN(bytes_of_any_kind_come_back);
	RUN(a_command_that_fails_is_told);
	RUN(a_reload_that_fails_matters_little);
	RUN(a_strange_record_is_refused);
	RUN(a_record_that_others_can_write_is_refused);
	RUN(what_could_be_taken_over_is_counted);
	RUN(secrets_are_not_shown);
	return check_done();
}
