/*
 * Whole builds from a tiny archive: what is in the image, that it is the same
 * every time, and how generations follow each other.
 */
#include "image_world.h"

static void makes_an_image(void)
{
	static const char *const wanted[] = {"\"usr/sbin/routerd\"", "\"etc/db\"",
	    LIBS "libalpha.so.1\"", LIBS "libalpha.so.1.0\"", LIBS "libodd.so.7\"",
	    "usr/lib64/ld-fake.so.2\"", LIBS "ld-fake.so.2\"", "\"9.9-test\"",
	    "kernel/net/wifi-stack.ko\"", "kernel/lib/cipher-lib.ko\"",
	    "kernel/crypto/sum-generic.ko\"", "kernel/fs/squashfs.ko\"", "\"dull-name\"",
	    "usr/sbin/apd\"", "\"sbin/airlock-sim\"", "kernel/net/wifi-sim.ko\""};
	struct image_summary s;
	struct image_paths out;
	struct buf text;

	CHECK_INT(build(&out), 0);
	CHECK_STR(e.text, "");
	if (e.kind != 0)
		return;
	CHECK_INT(image_verify(store, NULL, &e), 0);
	text = fake_read(out.manifest);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		CHECK_HAS(text.data, wanted[i]);
	CHECK(strstr(text.data, "unused") == NULL);
	buf_fini(&text);
	CHECK_INT(image_describe(store, NULL, &s, &e), 0);
	CHECK_STR(s.kernel_version, "9.9-test");
	CHECK_STR(s.suite, "test");
	/* kernel, router, libalpha, dull-name, libc, accesspoint, libsim, efistub */
	CHECK_INT(s.packages, 8);
	CHECK_INT(s.modules, 5);
	CHECK(s.kernel_bytes >= 5000 && s.root_bytes > 0 && s.sim_bytes > 0);
	CHECK(s.boot_bytes >= 2 << 20);
	CHECK(store_is_tidy());
}

/* What the root has is not repeated in the simulation's file system. */
static void shares_the_root_with_the_simulation(void)
{
	struct image_paths out;
	struct buf text;
	char *at;

	CHECK_INT(image_find(store, NULL, &out, &e), 0);
	text = fake_read(out.manifest);
	at = strstr(text.data, "sim.squashfs");
	CHECK(at != NULL);
	if (at != NULL) {
		CHECK_HAS(at, "libsim_x.so.2");
		CHECK(strstr(at, "libalpha.so.1") == NULL);
		CHECK(strstr(at, "wifi-stack.ko") == NULL);
	}
	buf_fini(&text);
}

static void is_the_same_every_time(void)
{
	struct image_paths a, b;

	CHECK_INT(image_find(store, NULL, &a, &e), 0);
	use_store("store-again");
	use_cache("cache-again");
	CHECK_INT(build(&b), 0);
	CHECK_STR(b.id, a.id);
	CHECK(same_file(a.manifest, b.manifest) && same_file(a.root, b.root));
	CHECK(same_file(a.sim, b.sim) && same_file(a.initrd, b.initrd));
	CHECK(same_file(a.kernel, b.kernel) && same_file(a.boot, b.boot));
	use_store("store");
	use_cache("cache");
	CHECK_INT(build(&b), 0);
	CHECK_STR(b.id, a.id);
}

static void works_without_a_network(void)
{
	struct image_paths out;

	use_server();
	CHECK_INT(build(&out), 0);
	options.offline = true;
	server.rules->requests = 0;
	CHECK_INT(build(&out), 0);
	CHECK_INT(server.rules->requests, 0);
	options.offline = false;
	/* A mirror that is down is as good as none. */
	server.rules->status = 503;
	CHECK_INT(build(&out), 0);
	server.rules->status = 404;
	must_fail("404", ERR_IMAGE);
	use_cache("cache-empty");
	options.offline = true;
	must_fail("is not in the cache", ERR_IMAGE);
	options.offline = false;
	use_cache("cache");
	use_files();
}

static void resumes_a_cut_download(void)
{
	struct image_paths out;

	use_server();
	use_cache("cache-cut");
	server.rules->cut_at = 600;
	server.rules->cuts = 3;
	CHECK_INT(build(&out), 0);
	CHECK_STR(e.text, "");
	CHECK(server.rules->ranges > 0);
	CHECK_INT(server.rules->cuts, 0);
	use_cache("cache");
	use_files();
}

/* Changes one word of the recipe; a second call with the words swapped undoes it. */
static void change_recipe(const char *from, const char *to)
{
	struct buf was, now = {0};
	char path[160], *at;

	str_format(path, sizeof(path), "%s/router.conf", recipes);
	was = fake_read(path);
	at = strstr(was.data, from);
	fake_must(at != NULL, from);
	buf_add(&now, was.data, (size_t)(at - was.data));
	buf_addf(&now, "%s%s", to, at + strlen(from));
	fake_write(path, now.data, now.len);
	buf_fini(&was);
	buf_fini(&now);
}

/* As images were before there was one: whole, but for UEFI. */
static void is_whole_without_a_boot_disk(void)
{
	static const char stub[] = "stub = [ \"efistub: usr/lib/efi/linux.stub\" ]";
	struct image_summary s;
	struct image_paths out;

	use_store("store-direct");
	change_recipe(stub, "");
	CHECK_INT(build(&out), 0);
	CHECK_STR(out.boot, "");
	CHECK_INT(image_verify(store, NULL, &e), 0);
	CHECK_INT(image_describe(store, NULL, &s, &e), 0);
	CHECK_INT(s.boot_bytes, 0);
	change_recipe("boot { ", "boot { stub = [ \"efistub: usr/lib/efi/none\" ]");
	must_fail("boot disk: package efistub 1.0-1 has no usr/lib/efi/none", ERR_IMAGE);
	change_recipe("stub = [ \"efistub: usr/lib/efi/none\" ]", stub);
	use_store("store");
}

static bool stop_writing(void *arg, const struct image_progress *p)
{
	return strncmp(p->what, arg, strlen(arg)) != 0;
}

static void stops_when_told(void)
{
	static const char *const steps[] = {"unpacking", "writing", "storing"};

	options.progress = stop_writing;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		options.arg = (void *)(uintptr_t)steps[i];
		must_fail("interrupted", ERR_IMAGE);
	}
	options.progress = NULL;
}

/* A new init makes a new generation; the old one can be gone back to. */
static void keeps_generations(void)
{
	struct image_paths first, second, out;
	struct stat a, b;
	struct image_entry *list;
	struct buf was = fake_read(init);

	CHECK_INT(image_find(store, NULL, &first, &e), 0);
	buf_add(&was, "more", 4);
	fake_write(init, was.data, was.len);
	CHECK_INT(build(&second), 0);
	CHECK(strcmp(first.id, second.id) != 0);
	/* What did not change is on the disk once. */
	CHECK(stat(first.kernel, &a) == 0 && stat(second.kernel, &b) == 0 &&
	      a.st_ino == b.st_ino);
	CHECK(stat(first.initrd, &a) == 0 && stat(second.initrd, &b) == 0 &&
	      a.st_ino != b.st_ino);
	CHECK_INT(image_list(store, &list, &e), 2);
	CHECK_INT(list[0].current + list[1].current, 1);
	CHECK_INT(list[0].previous + list[1].previous, 1);
	CHECK_STR(list[list[0].current ? 0 : 1].id, second.id);
	CHECK_STR(list[0].kernel_version, "9.9-test");
	free(list);
	CHECK_INT(image_use(store, "previous", &e), 0);
	CHECK_INT(image_find(store, NULL, &out, &e), 0);
	CHECK_STR(out.id, first.id);
	CHECK_INT(image_find(store, "previous", &out, &e), 0);
	CHECK_STR(out.id, second.id);
	CHECK_INT(image_use(store, second.id, &e), 0);
	CHECK_INT(image_use(store, "000000000000", &e), -1);
	CHECK_INT(image_use(store, "../../etc", &e), -1);
	CHECK_HAS(e.text, "accepted: 12 hexadecimal digits");
	buf_fini(&was);
}

static bool build_within(void *arg, const struct image_progress *p)
{
	struct image_options second = options;
	struct image_paths out;
	struct err inner = {0};

	(void)p;
	second.progress = NULL;
	if (*(bool *)arg)
		return true;
	*(bool *)arg = true;
	CHECK_INT(image_build(&second, &out, &inner), -1);
	CHECK_HAS(inner.text, "another build is running");
	return true;
}

static void is_for_one_at_a_time(void)
{
	struct image_paths out;
	bool tried = false;

	options.progress = build_within;
	options.arg = &tried;
	CHECK_INT(build(&out), 0);
	CHECK(tried);
	options.progress = NULL;
}

int main(void)
{
	log_open(NULL, NULL, "test", LEVEL_NONE);
	if (!world_begin()) {
		printf("ok - image_build # SKIP needs gpg and namespaces of its own\n");
		fake_end(&fake);
		return 0;
	}
	RUN(makes_an_image);
	RUN(shares_the_root_with_the_simulation);
	RUN(is_the_same_every_time);
	RUN(works_without_a_network);
	RUN(resumes_a_cut_download);
	RUN(is_whole_without_a_boot_disk);
	RUN(stops_when_told);
	RUN(keeps_generations);
	RUN(is_for_one_at_a_time);
	world_end();
	return check_done();
}
