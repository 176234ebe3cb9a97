/* image's smaller readers over any bytes: manifests, apt's sources, arrows of recipes. */
#include "image/libs.h"
#include "image/manifest.h"
#include "image/mirror.h"
#include "image/recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct manifest_summary s;
	struct buf text = {0};
	struct err e = {0};
	char dst[64], path[32], as[32];

	manifest_read(&s, (const char *)data, size, &e);
	buf_add(&text, data, size);
	mirror_in_list(text.data, dst, sizeof(dst));
	mirror_in_stanzas(text.data, dst, sizeof(dst));
	recipe_split(text.data, path, as, sizeof(path));
	libs_likely(text.data, "libssl3t64");
	buf_fini(&text);
	return 0;
}
