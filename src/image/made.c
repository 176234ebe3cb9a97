/*
 * made: whether a generation was made by this installation of airlock.
 *
 * The manifest names the hash of the airlock-init that was put into the initrd; that of
 * the installed one is compared with it.  When it was compiled for the image, the manifest
 * names the hash of its sources, and these are compared: there is no other one.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>

#include "image/compile.h"
#include "image/hash.h"
#include "image/image.h"

#define MANIFEST_MAX (64 << 20)

/* The hash of /init in the initrd, as the manifest has it, or NULL. */
static const char *init_hash(const json_t *top)
{
	const json_t *output, *file;
	size_t i, k;

	json_array_foreach(json_object_get(top, "outputs"), i, output)
	{
		const char *name = json_string_value(json_object_get(output, "name"));

		if (name == NULL || strcmp(name, "initrd") != 0)
			continue;
		json_array_foreach(json_object_get(output, "files"), k, file)
		{
			const char *path = json_string_value(json_object_get(file, "path"));

			if (path != NULL && strcmp(path, "init") == 0)
				return json_string_value(json_object_get(file, "sha256"));
		}
	}
	return NULL;
}

/* The hash of the sources that are installed.  0, or -1 with *e. */
static int hash_sources(const char *list, char dst[HASH_TEXT], struct err *e)
{
	struct recipe recipe = {0};
	int r = recipe_add_sources(&recipe, list, e);

	if (r == 0)
		r = compile_hash(&recipe, list, dst, e);
	recipe_close(&recipe);
	return r;
}

static int hash_file(const char *path, char dst[HASH_TEXT], struct err *e)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, errno, "open %s", path);
	return hash_fd(dst, fd, path, NULL, e);
}

int image_is_own(const char *store, const char *id, const char *init, const char *sources,
    bool *own, struct err *e)
{
	char hash[HASH_TEXT];
	struct image_paths paths;
	auto_free char *text = NULL;
	const char *used;
	json_t *top;
	size_t len;
	int r;

	if (image_find(store, id, &paths, e) < 0)
		return -1;
	text = file_read(paths.manifest, MANIFEST_MAX, &len, e);
	if (text == NULL)
		return -1;
	top = json_loadb(text, len, 0, NULL);
	used = json_string_value(json_object_get(top, "sources"));
	r = used != NULL ? hash_sources(sources, hash, e) : hash_file(init, hash, e);
	if (used == NULL)
		used = init_hash(top);
	*own = r == 0 && used != NULL && strcmp(used, hash) == 0;
	json_decref(top);
	return r;
}
