/*
 * image_world: everything that a whole build needs, around a fake archive: a
 * web server and a directory that serve it, recipes, a cache, a store, and
 * programs for the guest.
 */
#ifndef TEST_UNIT_IMAGE_WORLD_H
#define TEST_UNIT_IMAGE_WORLD_H

#include <dirent.h>
#include <errno.h>
#include <sys/mount.h>

#include "check.h"

#include "image/image.h"
#include "image_fake.h"
#include "image_http.h"

static struct fake fake;
static struct http server;
static struct err e;
static char mirror[160], cache[128], store[128], recipes[128], init[128], sim[128];
static struct image_options options = {.mirror = mirror,
    .suite = "test",
    .cache = cache,
    .store = store,
    .recipes = recipes,
    .init = init,
    .sim = sim};

static const char router_recipe[] =
    "architecture = amd64\ncomponents = [ main ]\n"
    "libraries = [ usr/lib/x86_64-linux-gnu, usr/lib64 ]\n"
    "kernel { package = linux-image-amd64; parts = [ linux-bin-, linux-base-, linux-mod- ]\n"
    " image = [ \"boot/vmlinuz-*\", \"usr/lib/modules/*/vmlinuz\" ]\n"
    " modules = usr/lib/modules; aliases = [ kernel/crypto ] }\n"
    "boot { stub = [ \"efistub: usr/lib/efi/linux.stub\" ] }\n"
    "guest { target = x86_64-linux-musl\n"
    " files = [ \"minilibc: usr/include/m\", \"minilibc: usr/lib/m\",\n"
    "  \"kernel-headers: usr/lib/uapi\", \"kernel-headers: usr/include/linux\" ]\n"
    " include = [ usr/include/m, usr/include, usr/lib/uapi ]\n"
    " begin = [ usr/lib/m/crt1.o, usr/lib/m/crti.o ]\n"
    " end = [ usr/lib/m/libc.a, usr/lib/m/crtn.o ] }\n"
    "initrd { programs = [ \"init: init\" ]; module_dir = lib/modules\n"
    " modules = [ squashfs ]; devices = [ \"dev/console: c 5 1 600\" ] }\n"
    "root { compression = zstd; module_dir = usr/lib/modules; modules = [ wifi-stack, inside "
    "]\n"
    " files = [ \"router: usr/sbin/routerd\", \"router: etc/db-real -> etc/db\" ]\n"
    " links = [ \"sbin: usr/sbin\" ]; directories = [ proc ]\n"
    " lines = [ \"etc/passwd: root:x:0:0\", \"etc/passwd: nobody:x:1:1\" ] }\n";
static const char sim_recipe[] =
    "sim { compression = zstd; module_dir = lib/modules; modules = [ wifi-sim ]\n"
    " programs = [ \"sbin/airlock-sim: sim\" ]; files = [ \"accesspoint: usr/sbin/apd\" ] }\n";

static const char card_recipe[] =
    "cards { components = [ firm ]; firmware = [ usr/lib/firmware ]\n"
    " firmware_dir = usr/lib/firmware; drivers = [ kernel/drivers/net ]\n"
    " needy = [ kernel/drivers/net/wireless ]\n"
    " partners = [ \"wlan_pci: wlan-half\", \"wlan_pci: not-in-this-kernel\" ]\n"
    " packages = [ \"wlan-*: firmware-one\", \"many/*: firmware-one\",\n"
    "  \"eth/*: firmware-two\", \"eth/*: not-a-package\" ]\n"
    " more = [ \"wlan_half: half/secret.bin\" ]\n"
    " narrow = [ \"wlan-aa-*: 1234:0001\", \"eth/*: ether_pci\" ]\n"
    " older = [ \"wlan-*.ucode\" ] }\n";

#define MODULES "usr/lib/modules/9.9-test/"
#define LIBS    "usr/lib/x86_64-linux-gnu/"

static inline struct buf module_of(const char *info, size_t len)
{
	struct buf plain = fake_module(info, len),
		   packed = fake_compress(&plain, ARCHIVE_FILTER_XZ);

	buf_fini(&plain);
	return packed;
}

/* Adds further files of the kernel's package, at most 22. */
static void (*world_modules)(struct fake_file *files);

static inline void add_kernel(void)
{
	struct buf image = fake_kernel(5000, ARCHIVE_FILTER_ZSTD, true);
	struct buf builtin = {0};
	struct buf stack =
	    module_of("depends=cipher-lib\0softdep=pre: checksum\0alias=pci:v1*", 54);
	struct buf lib = module_of("name=cipher_lib\0depends=", 25);
	struct buf sum = module_of("alias=checksum\0depends=", 24);
	struct buf other = module_of("alias=something\0", 16);
	struct buf simulated = module_of("depends=wifi_stack,cipher_lib", 30);
	struct fake_file files[32] = {{"boot/vmlinuz-9.9-test", &image, NULL},
	    {MODULES "modules.builtin", &builtin, NULL},
	    {MODULES "kernel/fs/squashfs.ko.xz", &other, NULL},
	    {MODULES "kernel/net/wifi-stack.ko.xz", &stack, NULL},
	    {MODULES "kernel/net/wifi-sim.ko.xz", &simulated, NULL},
	    {MODULES "kernel/lib/cipher-lib.ko.xz", &lib, NULL},
	    {MODULES "kernel/crypto/sum-generic.ko.xz", &sum, NULL},
	    {MODULES "kernel/crypto/unused.ko.xz", &other, NULL}, {NULL, NULL, NULL}};
	const struct fake_file none[] = {{NULL, NULL, NULL}};

	buf_addf(&builtin, "kernel/drivers/inside.ko\n");
	if (world_modules != NULL)
		world_modules(files + 8);
	fake_package(&fake, "linux-image-9.9-test", "kmod", files);
	fake_package(&fake, "linux-image-amd64", "linux-image-9.9-test (= 1.0-1)", none);
	buf_fini(&image);
	buf_fini(&builtin);
	buf_fini(&stack);
	buf_fini(&lib);
	buf_fini(&sum);
	buf_fini(&other);
	buf_fini(&simulated);
}

static inline void add_programs(void)
{
	static const char *const routerd_needs[] = {"libalpha.so.1", "libc.so.6", NULL};
	static const char *const apd_needs[] = {"libalpha.so.1", "libsim_x.so.2", NULL};
	static const char *const alpha_needs[] = {"libodd.so.7", "libc.so.6", NULL};
	static const char *const libc_needs[] = {"ld-fake.so.2", NULL}, *const none[] = {NULL};
	struct buf routerd = fake_elf("/lib64/ld-fake.so.2", routerd_needs);
	struct buf apd = fake_elf("/lib64/ld-fake.so.2", apd_needs);
	struct buf alpha = fake_elf(NULL, alpha_needs), libc = fake_elf(NULL, libc_needs);
	struct buf plain = fake_elf(NULL, none), db = {0}, stub = fake_stub();

	buf_addf(&db, "database\n");
	fake_package(&fake, "router", "libalpha1t64 (>= 1), libc6",
	    (const struct fake_file[]){{"usr/sbin/routerd", &routerd, NULL},
		{"etc/db-real", &db, NULL}, {"usr/share/doc/unused", &db, NULL},
		{NULL, NULL, NULL}});
	fake_package(&fake, "accesspoint", "libalpha1t64, libsim-x2, libc6",
	    (const struct fake_file[]){{"usr/sbin/apd", &apd, NULL}, {NULL, NULL, NULL}});
	fake_package(&fake, "libalpha1t64", "libc6, dull-name | other",
	    (const struct fake_file[]){{LIBS "libalpha.so.1", NULL, "libalpha.so.1.0"},
		{LIBS "libalpha.so.1.0", &alpha, NULL}, {NULL, NULL, NULL}});
	/* Nobody would guess that libodd.so.7 is here. */
	fake_package(&fake, "dull-name", "libc6",
	    (const struct fake_file[]){{LIBS "libodd.so.7", &plain, NULL}, {NULL, NULL, NULL}});
	fake_package(&fake, "libsim-x2", "libc6",
	    (const struct fake_file[]){
		{LIBS "libsim_x.so.2", &plain, NULL}, {NULL, NULL, NULL}});
	fake_package(&fake, "libc6", "",
	    (const struct fake_file[]){{LIBS "libc.so.6", &libc, NULL},
		{LIBS "ld-fake.so.2", &plain, NULL},
		{"usr/lib64/ld-fake.so.2", NULL, "../lib/x86_64-linux-gnu/ld-fake.so.2"},
		{NULL, NULL, NULL}});
	fake_package(&fake, "efistub", "",
	    (const struct fake_file[]){{"usr/lib/efi/linux.stub", &stub, NULL},
		{"usr/lib/efi/other.stub", &stub, NULL}, {NULL, NULL, NULL}});
	buf_fini(&stub);
	buf_fini(&routerd);
	buf_fini(&apd);
	buf_fini(&alpha);
	buf_fini(&libc);
	buf_fini(&plain);
	buf_fini(&db);
}

/* ------------------------------------------------------------ the machinery */

static inline int build(struct image_paths *out)
{
	e = (struct err){0};
	return image_build(&options, out, &e);
}

static inline void use_store(const char *name)
{
	str_format(store, sizeof(store), "%s/%s", fake.dir, name);
}

static inline void use_cache(const char *name)
{
	str_format(cache, sizeof(cache), "%s/%s", fake.dir, name);
}

static inline void use_files(void)
{
	str_format(mirror, sizeof(mirror), "file://%s/", fake.archive);
}

static inline void use_server(void)
{
	*server.rules = (struct http_rules){0};
	str_format(mirror, sizeof(mirror), "http://127.0.0.1:%u", server.port);
}

/* Nothing but the store's own names lies in it. */
static inline bool store_is_tidy(void)
{
	static const char *const names[] = {
	    ".", "..", ".lock", "generations", "current", "previous"};
	struct dirent *d;
	bool tidy = true;
	DIR *dir = opendir(store);

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		bool known = false;

		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			known = known || strcmp(d->d_name, names[i]) == 0;
		if (!known)
			fprintf(stderr, "left in the store: %s\n", d->d_name);
		tidy = tidy && known;
	}
	if (dir != NULL)
		closedir(dir);
	return tidy;
}

/*
 * A build that must fail, in a store that has an image: the error names `why`,
 * and the image stays.
 */
static inline void must_fail(const char *why, enum err_kind kind)
{
	struct image_paths before, after, out;
	struct err ignored = {0};
	bool had = image_find(store, NULL, &before, &ignored) == 0;

	CHECK_INT(build(&out), -1);
	CHECK_HAS(e.text, why);
	CHECK_INT(e.kind, kind);
	CHECK(store_is_tidy());
	if (!had)
		return;
	CHECK_INT(image_find(store, NULL, &after, &ignored), 0);
	CHECK_STR(after.id, before.id);
	CHECK_INT(image_verify(store, NULL, &ignored), 0);
}

static inline bool same_file(const char *a, const char *b)
{
	struct buf l = fake_read(a), r = fake_read(b);
	bool same = l.len == r.len && memcmp(l.data, r.data, l.len) == 0;

	buf_fini(&l);
	buf_fini(&r);
	return same;
}

/* Flip one byte; again to put it back. */
static inline void flip(const char *path, size_t at)
{
	struct buf b = fake_read(path);

	b.data[at] ^= 0x20;
	fake_write(path, b.data, b.len);
	buf_fini(&b);
}

static inline void sign_again(void)
{
	fake_sign(&fake, "test", "archive@example.org");
}

/* A namespace, an archive, a server, recipes and programs.  False: it cannot be had. */
static inline bool world_begin(void)
{
	struct buf program = fake_elf(NULL, NULL);
	char path[160];

	if (!http_isolate() || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return false;
	if (!fake_begin(&fake, "test") || !http_start(&server, fake.archive))
		return false;
	add_kernel();
	add_programs();
	sign_again();
	options.keyring = fake.keyring;
	use_store("store");
	use_cache("cache");
	use_files();
	str_format(init, sizeof(init), "%s/init", fake.dir);
	str_format(sim, sizeof(sim), "%s/sim", fake.dir);
	fake_write(init, program.data, program.len);
	fake_write(sim, program.data, program.len);
	buf_fini(&program);
	str_format(recipes, sizeof(recipes), "%s/recipes", fake.dir);
	str_format(path, sizeof(path), "%s/router.conf", recipes);
	fake_write(path, router_recipe, strlen(router_recipe));
	str_format(path, sizeof(path), "%s/sim.conf", recipes);
	fake_write(path, sim_recipe, strlen(sim_recipe));
	str_format(path, sizeof(path), "%s/cards.conf", recipes);
	fake_write(path, card_recipe, strlen(card_recipe));
	return true;
}

static inline void world_end(void)
{
	http_stop(&server);
	fake_end(&fake);
}

#endif
