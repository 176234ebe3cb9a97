/*
 * generation: reading the store: what there is, whether it is sound, which
 * one is in use.
 *
 * Nothing here takes the lock: generations never change once they have their
 * name, and links are replaced whole.  A generation's id is checked against
 * its manifest and the manifest's hashes against the files, so one flipped bit
 * anywhere is found.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/hash.h"
#include "image/image.h"
#include "image/manifest.h"
#include "image/store.h"

#define MANIFEST_MAX ((size_t)8 << 20)

static int read_manifest(
    const char *path, struct manifest_summary *s, char sha256[HASH_TEXT], struct err *e)
{
	size_t len;
	auto_free char *text = file_read(path, MANIFEST_MAX, &len, e);

	if (text == NULL)
		return -1;
	if (sha256 != NULL)
		hash_data(sha256, text, len);
	return manifest_read(s, text, len, e);
}

static int verify_file(const char *dir, const struct manifest_file *f, struct err *e)
{
	char path[PATH_MAX], sha256[HASH_TEXT];
	uint64_t size;
	auto_fd fd = -1;

	str_format(path, sizeof(path), "%s/%s", dir, f->name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "%s", f->name);
	if (hash_fd(sha256, fd, f->name, &size, e) < 0)
		return -1;
	if (size != f->size || strcmp(sha256, f->sha256) != 0)
		return err_set(
		    e, 0, "%s is not what was built (size or SHA-256 differs)", f->name);
	return 0;
}

int image_verify(const char *store, const char *id, struct err *e)
{
	char dir[PATH_MAX], sha256[HASH_TEXT];
	struct manifest_summary s;
	struct image_paths paths;
	int r;

	if (image_find(store, id, &paths, e) < 0)
		return -1;
	str_copy(dir, sizeof(dir), paths.manifest);
	*strrchr(dir, '/') = '\0';
	r = read_manifest(paths.manifest, &s, sha256, e);
	if (r == 0 && strncmp(sha256, paths.id, STORE_ID - 1) != 0)
		r = err_set(e, 0, "manifest.json is not what was built");
	for (size_t i = 0; r == 0 && i < s.count; i++)
		r = verify_file(dir, &s.files[i], e);
	if (r == 0)
		return 0;
	err_ctx(e, "image %s", paths.id);
	err_hint(e, "airlock image build, or airlock image use previous");
	return err_is(e, ERR_IMAGE);
}

int image_use(const char *store, const char *id, struct err *e)
{
	struct image_paths paths;

	if (image_verify(store, id, e) < 0 || image_find(store, id, &paths, e) < 0)
		return -1;
	return store_switch(store, paths.id, e);
}

int image_describe(const char *store, const char *id, struct image_summary *out, struct err *e)
{
	const struct {
		const char *name;
		uint64_t *bytes;
	} files[] = {{"vmlinux", &out->kernel_bytes}, {"initrd", &out->initrd_bytes},
	    {"root.squashfs", &out->root_bytes}, {"sim.squashfs", &out->sim_bytes},
	    {"boot.fat", &out->boot_bytes}};
	struct manifest_summary s;
	struct image_paths paths;

	*out = (struct image_summary){0};
	if (image_find(store, id, &paths, e) < 0)
		return -1;
	if (read_manifest(paths.manifest, &s, NULL, e) < 0) {
		err_ctx(e, "image %s", paths.id);
		return err_is(e, ERR_IMAGE);
	}
	str_copy(out->id, sizeof(out->id), paths.id);
	str_copy(out->suite, sizeof(out->suite), s.suite);
	str_copy(out->release, sizeof(out->release), s.release);
	str_copy(out->kernel_version, sizeof(out->kernel_version), s.kernel);
	out->packages = (unsigned)s.packages;
	out->modules = (unsigned)s.modules;
	out->drivers = s.cards;
	str_copy(out->driver, sizeof(out->driver), s.driver);
	out->firmware = s.firmware;
	out->firmware_bytes = s.firmware_bytes;
	for (size_t i = 0; i < s.count; i++)
		for (size_t f = 0; f < ARRAY_LEN(files); f++)
			if (strcmp(s.files[i].name, files[f].name) == 0)
				*files[f].bytes = s.files[i].size;
	return 0;
}

static bool read_entry(const char *store, const char *name, struct image_entry *entry)
{
	struct manifest_summary s;
	struct err ignored = {0};
	char path[PATH_MAX], link[STORE_ID];
	struct stat st;

	*entry = (struct image_entry){0};
	str_format(path, sizeof(path), "%s/generations/%s/manifest.json", store, name);
	if (!store_id_valid(name) || stat(path, &st) < 0)
		return false;
	str_copy(entry->id, sizeof(entry->id), name);
	entry->built_unix = st.st_mtime;
	entry->bytes = (uint64_t)st.st_size;
	/* A broken one is still listed: it takes up room and can be replaced. */
	if (read_manifest(path, &s, NULL, &ignored) == 0)
		str_copy(entry->kernel_version, sizeof(entry->kernel_version), s.kernel);
	else
		s.count = 0;
	for (size_t i = 0; i < s.count; i++)
		entry->bytes += s.files[i].size;
	entry->current = store_read_link(store, "current", link) && strcmp(link, name) == 0;
	entry->previous = store_read_link(store, "previous", link) && strcmp(link, name) == 0;
	return true;
}

static int by_age(const void *a, const void *b)
{
	const struct image_entry *l = a, *r = b;

	if (l->built_unix != r->built_unix)
		return l->built_unix < r->built_unix ? 1 : -1;
	return strcmp(l->id, r->id);
}

ssize_t image_list(const char *store, struct image_entry **list, struct err *e)
{
	char path[PATH_MAX];
	size_t count = 0;
	struct dirent *d;
	DIR *dir;

	*list = NULL;
	str_format(path, sizeof(path), "%s/generations", store);
	dir = opendir(path);
	if (dir == NULL && errno == ENOENT)
		return 0;
	if (dir == NULL)
		return err_set(e, errno, "store: %s", path);
	while ((d = readdir(dir)) != NULL) {
		*list = reallocarray(*list, count + 1, sizeof(**list));
		if (*list == NULL)
			abort();
		count += read_entry(store, d->d_name, &(*list)[count]);
	}
	closedir(dir);
	if (count > 0)
		qsort(*list, count, sizeof(**list), by_age);
	return (ssize_t)count;
}
