/* image/elf over any bytes: every question that is asked of an ELF file, and what modules say.
 */
#include <stdlib.h>
#include <string.h>

#include "image/elf.h"
#include "image/modules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t sum;

static void on_needed(void *arg, const char *soname)
{
	(void)arg;
	sum += strlen(soname);
}

static void read_modinfo(const struct elf *f)
{
	static const char *const keys[] = {"depends", "alias", "softdep", ""};
	const uint8_t *info;
	size_t len;

	if (!elf_section(f, ".modinfo", &info, &len))
		return;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const char *value;
		size_t at = 0;

		while ((value = modinfo_next((const char *)info, len, keys[i], &at)) != NULL)
			sum += strlen(value);
	}
}

static void blank(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size);
	struct err e = {0};
	struct elf f;

	if (copy == NULL)
		abort();
	memcpy(copy, data, size);
	if (elf_open(&f, copy, size, &e) == 0)
		elf_blank(&f, ".modinfo", copy);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *desc;
	struct err e = {0};
	struct elf f;
	size_t len;

	if (modules_unsigned_length(data, size) > size)
		abort();
	if (elf_open(&f, data, size, &e) < 0)
		return 0;
	elf_needed(&f, on_needed, NULL, &e);
	if (elf_interp(&f) != NULL)
		sum += strlen(elf_interp(&f));
	if (elf_note(&f, "Xen", 18, &desc, &len))
		for (size_t i = 0; i < len; i++)
			sum += desc[i];
	read_modinfo(&f);
	blank(data, size);
	return 0;
}
