/*
 * find: which generation is in use, and where its files are.
 *
 * Apart from the rest because those who start machines need this and nothing
 * else of the engine: no hash, no JSON, no archive.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "image/image.h"
#include "image/store.h"

bool store_id_valid(const char *text)
{
	return strlen(text) == STORE_ID - 1 && strspn(text, "0123456789abcdef") == STORE_ID - 1;
}

bool store_read_link(const char *dir, const char *link, char id[STORE_ID])
{
	static const char prefix[] = "generations/";
	char path[600], target[64];
	ssize_t n;

	str_format(path, sizeof(path), "%s/%s", dir, link);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	if (strncmp(target, prefix, strlen(prefix)) != 0 ||
	    !store_id_valid(target + strlen(prefix)))
		return false;
	memcpy(id, target + strlen(prefix), STORE_ID);
	return true;
}

static int no_image(struct err *e, const char *fmt, const char *what, const char *where)
{
	err_set(e, 0, fmt, what, where);
	err_hint(e, "airlock image build");
	return err_is(e, ERR_IMAGE);
}

/* Turn an id, NULL or "previous" into the id of a generation. */
static int find_id(const char *store, const char *id, char dst[STORE_ID], struct err *e)
{
	if (id == NULL && !store_read_link(store, "current", dst))
		return no_image(e, "there is no %s in %s", "image", store);
	if (id == NULL)
		return 0;
	if (strcmp(id, "previous") == 0) {
		if (store_read_link(store, "previous", dst))
			return 0;
		return no_image(e, "there is no %s in %s", "previous image", store);
	}
	if (!store_id_valid(id)) {
		err_set(e, 0,
		    "\"%s\" is no image: accepted: 12 hexadecimal digits, or previous", id);
		err_hint(e, "airlock image list");
		return err_is(e, ERR_IMAGE);
	}
	memcpy(dst, id, STORE_ID);
	return 0;
}

int image_find(const char *store, const char *id, struct image_paths *out, struct err *e)
{
	const struct {
		const char *name;
		char *path;
		bool optional; /* images of older versions have none */
	} files[] = {{"vmlinux", out->kernel, false}, {"initrd", out->initrd, false},
	    {"root.squashfs", out->root, false}, {"sim.squashfs", out->sim, false},
	    {"manifest.json", out->manifest, false}, {"boot.fat", out->boot, true}};
	char absolute[PATH_MAX];

	*out = (struct image_paths){0};
	if (find_id(store, id, out->id, e) < 0)
		return -1;
	/* Whoever uses the paths may have another working directory. */
	if (realpath(store, absolute) == NULL)
		return no_image(e, "there is no image %s in %s", out->id, store);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		if (!str_format(files[i].path, sizeof(out->kernel), "%s/generations/%s/%s",
			absolute, out->id, files[i].name))
			return err_set(e, ENAMETOOLONG, "store %s", store);
		if (access(files[i].path, R_OK) < 0) {
			if (files[i].optional && errno == ENOENT) {
				files[i].path[0] = '\0';
				continue;
			}
			if (i == 0 && errno == ENOENT)
				return no_image(
				    e, "there is no image %s in %s", out->id, store);
			err_set(e, errno, "image %s: %s", out->id, files[i].name);
			err_hint(e, "airlock image build");
			return err_is(e, ERR_IMAGE);
		}
	}
	return 0;
}
