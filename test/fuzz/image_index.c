/* image/index over any bytes: Packages files, their Depends fields, and versions. */
#include <stdlib.h>
#include <string.h>

#include "image/index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct index x = {0};
	struct buf text = {0};
	struct err e = {0};

	buf_add(&text, data, size);
	if (index_add(&x, &text, &e) == 0) {
		index_sort(&x);
		for (size_t i = 0; i < x.count; i++) {
			const char *cursor = x.entries[i].depends;
			char name[64];

			/* What was added is found. */
			if (index_find(&x, x.entries[i].name) == NULL)
				abort();
			while (index_next_name(&cursor, name, sizeof(name)))
				index_resolve(&x, name);
			if (index_compare_versions(
				x.entries[i].version, x.entries[i].version) != 0)
				abort();
		}
	}
	index_fini(&x);
	return 0;
}
