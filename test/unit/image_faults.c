/*
 * Whole builds in which something is wrong: the error says what, and the last
 * good image stays in use, whole.
 */
#include "image_world.h"

static void has_a_good_image(void)
{
	struct image_paths out;

	CHECK_INT(build(&out), 0);
	CHECK_STR(e.text, "");
}

static void refuses_a_bad_signature(void)
{
	char list[256];
	struct buf b;

	str_format(list, sizeof(list), "%s/dists/test/InRelease", fake.archive);
	b = fake_read(list);
	flip(list, (size_t)(strstr(b.data, "Origin") - b.data));
	must_fail("the signature is bad", ERR_IMAGE);
	fake_write(list, b.data, b.len / 2);
	must_fail("InRelease", ERR_IMAGE);
	fake_write(list, "Suite: test\nSHA256:\n", 20);
	must_fail("it is not one signed text", ERR_IMAGE);
	/* Text before the signed part is nobody's. */
	fake_write(list, "", 0);
	must_fail("InRelease", ERR_IMAGE);
	fake_sign(&fake, "test", "stranger@example.org");
	must_fail("no signature by a key of the keyring", ERR_IMAGE);
	fake_write(list, b.data, b.len);
	buf_fini(&b);
}

/* Two signed texts in one file: the first of them by a stranger. */
static void refuses_a_second_text(void)
{
	char list[256];
	struct buf good, both = {0};

	str_format(list, sizeof(list), "%s/dists/test/InRelease", fake.archive);
	good = fake_read(list);
	fake_sign(&fake, "test", "stranger@example.org");
	both = fake_read(list);
	buf_add(&both, good.data, good.len);
	fake_write(list, both.data, both.len);
	must_fail("InRelease", ERR_IMAGE);
	both.len = 0;
	buf_add(&both, good.data, good.len);
	buf_add(&both, good.data, good.len);
	fake_write(list, both.data, both.len);
	must_fail("it is damaged", ERR_IMAGE);
	fake_write(list, good.data, good.len);
	buf_fini(&good);
	buf_fini(&both);
}

static void refuses_another_suite(void)
{
	fake_sign(&fake, "older", "archive@example.org");
	must_fail("about suite older", ERR_IMAGE);
	sign_again();
	options.suite = "../test";
	must_fail("is no name of a suite", ERR_IMAGE);
	options.suite = "test";
}

static void names_what_the_host_lacks(void)
{
	const char *keyring = options.keyring;

	options.keyring = "/nonexistent/keyring.gpg";
	must_fail("/nonexistent/keyring.gpg", ERR_HOST);
	CHECK_HAS(e.hint, "debian-archive-keyring");
	options.keyring = keyring;
}

static void refuses_an_altered_package(void)
{
	use_cache("cache-altered");
	flip(fake_path(&fake, "router"), 200);
	must_fail("fetch router: ", ERR_IMAGE);
	CHECK_HAS(e.text, "is not what the archive's index says");
	flip(fake_path(&fake, "router"), 200);
	CHECK_INT(truncate(fake_path(&fake, "libc6"), 100), 0);
	must_fail("fetch libc6: ", ERR_IMAGE);
	unlink(fake_path(&fake, "libc6"));
	must_fail("fetch libc6: ", ERR_IMAGE);
	CHECK_HAS(e.hint, "mirror");
	use_cache("cache");
	/* What the cache has, nobody asks for. */
	CHECK_INT(build(&(struct image_paths){0}), 0);
}

static void refuses_a_broken_index(void)
{
	char path[256];

	str_format(
	    path, sizeof(path), "%s/dists/test/main/binary-amd64/Packages.xz", fake.archive);
	use_cache("cache-index");
	flip(path, 60);
	must_fail("fetch the package index: ", ERR_IMAGE);
	CHECK_INT(truncate(path, 50), 0);
	must_fail("fetch the package index: ", ERR_IMAGE);
	sign_again();
	use_cache("cache");
}

/* Sign an index with one more stanza, and expect an error. */
static void fail_with(const char *stanza, const char *why)
{
	size_t len = fake.packages.len;

	buf_addf(&fake.packages, "%s", stanza);
	sign_again();
	must_fail(why, ERR_IMAGE);
	fake.packages.len = len;
	fake.packages.data[len] = '\0';
	sign_again();
}

static void refuses_a_signed_but_senseless_index(void)
{
	fail_with("Package: x\nVersion: 1\n", "no valid name");
	fail_with("Package: xyz\nVersion: 1\n", "the entry of xyz is incomplete");
}

static void write_text(const char *path, const char *text)
{
	fake_write(path, text, strlen(text));
}

static void says_what_recipes_lack(void)
{
	char path[256];
	struct buf was;

	str_format(path, sizeof(path), "%s/sim.conf", recipes);
	was = fake_read(path);
	write_text(path, "sim { modul_dir = x }\n");
	must_fail("did you mean \"module_dir\"", ERR_CONF);
	CHECK_HAS(e.text, "sim.conf:1");
	write_text(path, "sim { modules = [ a ] }\n");
	must_fail("sim.module_dir is missing", ERR_IMAGE);
	write_text(path, "sim { module_dir = m; files = [ \"ghost: usr/bin/x\" ] }\n");
	must_fail("the archive has no package ghost", ERR_IMAGE);
	write_text(path, "sim { module_dir = m; files = [ \"router: usr/bin/x\" ] }\n");
	must_fail("package router 1.0-1 has no usr/bin/x", ERR_IMAGE);
	write_text(path, "sim { module_dir = m; modules = [ ghost ] }\n");
	must_fail("has no module ghost", ERR_IMAGE);
	fake_write(path, was.data, was.len);
	buf_fini(&was);
}

static void wants_static_programs(void)
{
	static const char *const none[] = {NULL};
	struct buf was = fake_read(init), dynamic = fake_elf("/lib64/ld-fake.so.2", none);

	fake_write(init, dynamic.data, dynamic.len);
	must_fail("is no static program", ERR_IMAGE);
	fake_write(init, "#!/bin/sh", 9);
	must_fail("not an ELF file", ERR_IMAGE);
	unlink(init);
	must_fail(init, ERR_IMAGE);
	fake_write(init, was.data, was.len);
	buf_fini(&was);
	buf_fini(&dynamic);
}

static void finds_every_flipped_byte(void)
{
	struct image_paths out;
	const char *const files[] = {out.kernel, out.initrd, out.root, out.sim, out.manifest};

	CHECK_INT(image_find(store, NULL, &out, &e), 0);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		flip(files[i], 40);
		e = (struct err){0};
		CHECK_INT(image_verify(store, NULL, &e), -1);
		CHECK_INT(e.kind, ERR_IMAGE);
		CHECK_INT(image_use(store, out.id, &e), -1);
		flip(files[i], 40);
		CHECK_INT(image_verify(store, NULL, &e), 0);
	}
	/* A build heals what it would have made anyway. */
	flip(out.root, 40);
	CHECK_INT(build(&out), 0);
	CHECK_INT(image_verify(store, NULL, &e), 0);
	CHECK(store_is_tidy());
	unlink(out.sim);
	e = (struct err){0};
	CHECK_INT(image_find(store, NULL, &out, &e), -1);
	CHECK_HAS(e.text, "sim.squashfs");
	CHECK_INT(build(&out), 0);
}

static void cleans_up_after_the_dead(void)
{
	char path[256], current[160];
	struct image_paths out;

	str_format(path, sizeof(path), "%s/.building-1/root.squashfs", store);
	fake_write(path, "half", 4);
	CHECK_INT(build(&out), 0);
	CHECK(store_is_tidy());
	/* A store without its links is empty, not broken. */
	str_format(current, sizeof(current), "%s/current", store);
	unlink(current);
	e = (struct err){0};
	CHECK_INT(image_find(store, NULL, &out, &e), -1);
	CHECK_INT(e.kind, ERR_IMAGE);
	CHECK_STR(e.hint, "airlock image build");
	CHECK_INT(symlink("../../../etc", current), 0);
	CHECK_INT(image_find(store, NULL, &out, &e), -1);
	CHECK_INT(build(&out), 0);
	CHECK_INT(image_find(store, NULL, &out, &e), 0);
}

static void survives_a_full_disk(void)
{
	struct image_paths out;
	char path[200];

	use_store("small");
	CHECK_INT(mkdir(store, 0755), 0);
	if (mount("tmpfs", store, "tmpfs", 0, "size=2400k") < 0) {
		printf("# no tmpfs here: %s\n", strerror(errno));
		use_store("store");
		return;
	}
	CHECK_INT(build(&out), 0);
	/* Something else takes the rest. */
	str_format(path, sizeof(path), "%s/generations/filler", store);
	for (int fd = open(path, O_WRONLY | O_CREAT, 0644); fd >= 0; fd = -1) {
		while (write(fd, path, 100) > 0)
			;
		close(fd);
	}
	truncate(init, 9000);
	must_fail("No space left on device", ERR_IMAGE);
	CHECK_HAS(e.hint, "the image in use is untouched");
	umount2(store, MNT_DETACH);
	use_store("store");
}

static void survives_a_full_cache(void)
{
	struct image_paths out;
	use_cache("small-cache");
	CHECK_INT(mkdir(cache, 0755), 0);
	if (mount("tmpfs", cache, "tmpfs", 0, "size=16k") < 0) {
		use_cache("cache");
		return;
	}
	must_fail("No space left on device", ERR_IMAGE);
	CHECK_HAS(e.hint, "free some space");
	CHECK_HAS(e.text, "fetch");
	umount2(cache, MNT_DETACH);
	use_cache("cache");
	CHECK_INT(build(&out), 0);
}

int main(void)
{
	log_open(NULL, NULL, "test", LEVEL_NONE);
	if (!world_begin()) {
		printf("ok - image_faults # SKIP needs gpg and namespaces of its own\n");
		fake_end(&fake);
		return 0;
	}
	RUN(has_a_good_image);
	RUN(refuses_a_bad_signature);
	RUN(refuses_a_second_text);
	RUN(refuses_another_suite);
	RUN(names_what_the_host_lacks);
	RUN(refuses_an_altered_package);
	RUN(refuses_a_broken_index);
	RUN(refuses_a_signed_but_senseless_index);
	RUN(says_what_recipes_lack);
	RUN(wants_static_programs);
	RUN(finds_every_flipped_byte);
	RUN(cleans_up_after_the_dead);
	RUN(survives_a_full_disk);
	RUN(survives_a_full_cache);
	world_end();
	return check_done();
}
