/*
 * made: whether a generation was made by this installation of airlock.
 *
 * The manifest names the hash of the airlock-init that was put into the initrd; that of
 * the installed one is compared with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>

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

int image_is_own(const char *store, const char *id, const char *init, bool *own, struct err *e)
{
	char hash[HASH_TEXT];
	struct image_paths paths;
	auto_free char *text = NULL;
	auto_fd fd = -1;
	const char *used;
	json_t *top;
	size_t len;

	if (image_find(store, id, &paths, e) < 0)
		return -1;
	fd = open(init, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "open %s", init);
	if (hash_fd(hash, fd, init, NULL, e) < 0)
		return -1;
	text = file_read(paths.manifest, MANIFEST_MAX, &len, e);
	if (text == NULL)
		return -1;
	top = json_loadb(text, len, 0, NULL);
	used = init_hash(top);
	*own = used != NULL && strcmp(used, hash) == 0;
	json_decref(top);
	return 0;
}
