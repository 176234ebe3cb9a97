/*
 * modules: closures over what modules say of themselves.
 *
 * A kernel package has no modules.dep: depmod writes it when the package is
 * installed.  So the answers are read where depmod reads them, in each
 * module's .modinfo section, and only of the modules that matter: a module is
 * uncompressed when the closure reaches it.  Soft dependencies may name an
 * alias ("crc32c"); to find out who has it, the modules of a few directories
 * named by the recipe are looked into, and all that match are taken.
 *
 * The signature behind a module is cut off: the package that it comes from was
 * verified here, the image is verified as a whole, and a stock kernel does not
 * insist on it, but checks it, which costs 17 ms a module where the guest is
 * emulated.  BTF, the types of a module for tracers, is emptied where nothing in
 * the module itself refers to it: nobody traces in the guest.
 */
#include <elf.h>
#include <fnmatch.h>
#include <string.h>

#include "image/elf.h"
#include "image/modules.h"
#include "image/unpack.h"

#define MODULE_MAX ((size_t)64 << 20)

void modules_normalize(char *name)
{
	for (; *name != '\0'; name++)
		if (*name == '-')
			*name = '_';
}

/* "kernel/lib/crc-t10dif.ko.xz" -> "crc_t10dif"; false when it is no module. */
static bool name_of(const char *path, char *name, size_t size)
{
	const char *base = strrchr(path, '/');
	const char *end;

	base = base != NULL ? base + 1 : path;
	end = strstr(base, ".ko");
	if (end == NULL || (end[3] != '\0' && end[3] != '.') || (size_t)(end - base) >= size)
		return false;
	memcpy(name, base, (size_t)(end - base));
	name[end - base] = '\0';
	modules_normalize(name);
	return name[0] != '\0';
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct module *)a)->name, ((const struct module *)b)->name);
}

/* The one directory below top: its name is the kernel's version. */
static bool find_version(struct modules *m, const struct deb *deb, const char *top)
{
	size_t n = strlen(top);

	for (size_t i = 0; i < deb->count; i++) {
		const char *path = deb->files[i].path, *end;

		if (strncmp(path, top, n) != 0 || path[n] != '/')
			continue;
		end = strchr(path + n + 1, '/');
		if (end == NULL || (size_t)(end - path - n) > sizeof(m->version))
			continue;
		str_copy(m->version, (size_t)(end - path) - n, path + n + 1);
		return true;
	}
	return false;
}

static void add_module(struct modules *m, const struct deb_file *f, const char *inner)
{
	char name[128], *end;
	struct module *mod;

	if (f->data == NULL || !name_of(inner, name, sizeof(name)))
		return;
	m->list = reallocarray(m->list, m->count + 1, sizeof(*m->list));
	if (m->list == NULL)
		abort();
	mod = &m->list[m->count++];
	*mod = (struct module){.name = strdup(name), .path = strdup(inner), .packed = f};
	if (mod->name == NULL || mod->path == NULL)
		abort();
	end = strstr(
	    strrchr(mod->path, '/') != NULL ? strrchr(mod->path, '/') : mod->path, ".ko");
	end[3] = '\0';
}

static void take_deb(struct modules *m, const struct deb *deb, const char *prefix)
{
	size_t n = strlen(prefix);

	for (size_t i = 0; i < deb->count; i++) {
		const struct deb_file *f = &deb->files[i];

		if (strncmp(f->path, prefix, n) != 0)
			continue;
		if (strcmp(f->path + n, "modules.builtin") == 0) {
			m->builtin = f->data;
			m->builtin_len = f->len;
		}
		if (strcmp(f->path + n, "modules.builtin.modinfo") == 0) {
			m->builtin_info = f->data;
			m->builtin_info_len = f->len;
		}
		add_module(m, f, f->path + n);
	}
}

int modules_open(struct modules *m, const struct deb *const *debs, size_t count,
    const char *top, char *const *alias_dirs, size_t alias_count, struct err *e)
{
	char prefix[512];
	size_t at = 0;

	*m = (struct modules){.alias_dirs = alias_dirs, .alias_count = alias_count};
	while (at < count && !find_version(m, debs[at], top))
		at++;
	if (at == count)
		return err_set(e, 0, "modules: the kernel package has none below %s", top);
	str_format(prefix, sizeof(prefix), "%s/%s/", top, m->version);
	for (size_t i = 0; i < count; i++)
		take_deb(m, debs[i], prefix);
	if (m->count == 0 || m->builtin == NULL)
		return err_set(
		    e, 0, "modules: the kernel package lacks modules or modules.builtin");
	qsort(m->list, m->count, sizeof(*m->list), by_name);
	return 0;
}

void modules_close(struct modules *m)
{
	for (size_t i = 0; i < m->count; i++) {
		free(m->list[i].name);
		free(m->list[i].path);
		buf_fini(&m->list[i].content);
	}
	free(m->list);
	*m = (struct modules){0};
}

struct module *modules_find(struct modules *m, const char *name)
{
	struct module key = {.name = (char *)(uintptr_t)name};

	return bsearch(&key, m->list, m->count, sizeof(*m->list), by_name);
}

static bool is_builtin(const struct modules *m, const char *name)
{
	for (const char *p = m->builtin, *nl; *p != '\0'; p = nl + (*nl == '\n')) {
		char line[512], builtin[128];

		nl = p + strcspn(p, "\n");
		if ((size_t)(nl - p) >= sizeof(line))
			continue;
		str_copy(line, (size_t)(nl - p) + 1, p);
		if (name_of(line, builtin, sizeof(builtin)) && strcmp(builtin, name) == 0)
			return true;
	}
	return false;
}

/* What follows a signed module: a struct module_signature, then this. */
#define SIGNATURE_MARK   "~Module signature appended~\n"
#define SIGNATURE_STRUCT 12u

size_t modules_unsigned_length(const void *data, size_t len)
{
	const size_t mark = sizeof(SIGNATURE_MARK) - 1;
	const uint8_t *end;
	uint32_t signature;

	if (len < mark + SIGNATURE_STRUCT)
		return len;
	end = (const uint8_t *)data + len - mark;
	if (memcmp(end, SIGNATURE_MARK, mark) != 0)
		return len;
	/* Its last member, big-endian, is the length of the signature before it. */
	signature = (uint32_t)end[-4] << 24 | (uint32_t)end[-3] << 16 | (uint32_t)end[-2] << 8 |
		    end[-1];
	if (signature > len - mark - SIGNATURE_STRUCT)
		return len;
	return len - mark - SIGNATURE_STRUCT - signature;
}

/* The kernel takes empty types for none; of kfuncs, in .BTF_ids, it wants them. */
static void blank_types(const struct elf *f, void *data)
{
	const uint8_t *ids;
	size_t len;

	if (elf_section(f, ".BTF_ids", &ids, &len))
		return;
	elf_blank(f, ".BTF", data);
	elf_blank(f, ".BTF.base", data);
}

int module_load(struct module *mod, struct err *e)
{
	const uint8_t *info;
	struct elf f;

	if (mod->info != NULL)
		return 0;
	if (elf_is(mod->packed->data, mod->packed->len))
		buf_add(&mod->content, mod->packed->data, mod->packed->len);
	else if (unpack_stream(mod->packed->data, mod->packed->len, mod->packed->path,
		     MODULE_MAX, &mod->content, e) < 0)
		return -1;
	mod->content.len = modules_unsigned_length(mod->content.data, mod->content.len);
	if (elf_open(&f, mod->content.data, mod->content.len, e) < 0)
		return err_ctx(e, "module %s", mod->path);
	blank_types(&f, mod->content.data);
	if (f.type != ET_REL || !elf_section(&f, ".modinfo", &info, &mod->info_len))
		return err_set(e, 0, "module %s: it has no .modinfo", mod->path);
	mod->info = (const char *)info;
	return 0;
}

const char *modinfo_next(const char *info, size_t len, const char *key, size_t *at)
{
	size_t n = strlen(key);

	while (*at < len) {
		const char *text = info + *at;
		const char *end = memchr(text, '\0', len - *at);

		/* An unterminated last string is nobody's. */
		if (end == NULL)
			return NULL;
		*at = (size_t)(end - info) + 1;
		if ((size_t)(end - text) > n && memcmp(text, key, n) == 0 && text[n] == '=')
			return text + n + 1;
	}
	return NULL;
}

const char *module_info(const struct module *mod, const char *key, size_t *at)
{
	return modinfo_next(mod->info, mod->info_len, key, at);
}

bool selection_has(const struct selection *sel, const struct module *mod)
{
	for (size_t i = 0; i < sel->count; i++)
		if (sel->list[i] == mod)
			return true;
	return false;
}

void selection_add(struct selection *sel, struct module *mod)
{
	sel->list = reallocarray(sel->list, sel->count + 1, sizeof(struct module *));
	if (sel->list == NULL)
		abort();
	sel->list[sel->count++] = mod;
}

void selection_fini(struct selection *sel)
{
	free(sel->list);
	*sel = (struct selection){0};
}

bool module_below(const struct module *mod, char *const *dirs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t n = strlen(dirs[i]);

		if (strncmp(mod->path, dirs[i], n) == 0 && mod->path[n] == '/')
			return true;
	}
	return false;
}

static bool has_alias(const struct module *mod, const char *alias)
{
	const char *pattern;
	size_t at = 0;

	while ((pattern = module_info(mod, "alias", &at)) != NULL)
		if (fnmatch(pattern, alias, 0) == 0)
			return true;
	return false;
}

static int select_module(
    struct modules *m, struct module *mod, struct selection *sel, struct err *e);

/* A soft dependency: a module, something built in, an alias, or nothing. */
static int select_soft(
    struct modules *m, const char *wanted, struct selection *sel, struct err *e)
{
	char name[128];
	struct module *mod;

	if (!str_copy(name, sizeof(name), wanted))
		return 0;
	modules_normalize(name);
	mod = modules_find(m, name);
	if (mod != NULL)
		return select_module(m, mod, sel, e);
	if (is_builtin(m, name))
		return 0;
	for (size_t i = 0; i < m->count; i++) {
		mod = &m->list[i];
		if (!module_below(mod, m->alias_dirs, m->alias_count))
			continue;
		if (module_load(mod, e) < 0)
			return -1;
		if (has_alias(mod, wanted) && select_module(m, mod, sel, e) < 0)
			return -1;
	}
	return 0;
}

/* Call fn for each word of a list; labels of softdep ("pre:") are skipped. */
static int each_word(struct modules *m, const char *list, const char *separators,
    struct selection *sel,
    int (*fn)(struct modules *m, const char *word, struct selection *sel, struct err *e),
    struct err *e)
{
	for (const char *p = list + strspn(list, separators); *p != '\0';) {
		size_t n = strcspn(p, separators);
		char word[128];

		if (n < sizeof(word) && p[n - 1] != ':') {
			str_copy(word, n + 1, p);
			if (fn(m, word, sel, e) < 0)
				return -1;
		}
		p += n;
		p += strspn(p, separators);
	}
	return 0;
}

static int select_module(
    struct modules *m, struct module *mod, struct selection *sel, struct err *e)
{
	const char *list;
	size_t at = 0;

	if (selection_has(sel, mod))
		return 0;
	if (module_load(mod, e) < 0)
		return -1;
	selection_add(sel, mod);
	while ((list = module_info(mod, "depends", &at)) != NULL)
		if (each_word(m, list, ",", sel, modules_select, e) < 0)
			return err_ctx(e, "%s", mod->name);
	at = 0;
	while ((list = module_info(mod, "softdep", &at)) != NULL)
		if (each_word(m, list, " ", sel, select_soft, e) < 0)
			return err_ctx(e, "%s", mod->name);
	return 0;
}

int modules_select(struct modules *m, const char *wanted, struct selection *sel, struct err *e)
{
	struct module *mod;
	char name[128];

	str_copy(name, sizeof(name), wanted);
	modules_normalize(name);
	mod = modules_find(m, name);
	if (mod != NULL)
		return select_module(m, mod, sel, e);
	if (is_builtin(m, name))
		return 0;
	return err_set(e, 0, "kernel %s has no module %s", m->version, wanted);
}
