/*
 * Hosts as laptops are publicly documented to be, and what is said of them: every
 * *.tree of test/golden/pci (its syntax: pci_tree.h), which is a Linux host, and every
 * *.host, which is a recording of a FreeBSD one, against its *.expected.  With the
 * argument "update" the *.expected are written anew, to be read by eye.
 *
 *     choose RADIO                      which card that is
 *     want RADIO [extra=A,B] [route=IF,IF] [yes] [node]
 *                                       verdict and plan
 *
 * Each plan is carried out on a model of the host, which a second look then finds with
 * all functions at vfio-pci, and undone, which leaves it as it was.
 */
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pci/fake.h"
#include "pci_tree.h"

static int bad;

struct wish {
	char radio[32];
	struct pci_want want;
	bool choose;
};
struct wishes {
	struct wish wish[16];
	size_t count;
};

static void take_words(char rows[][PCI_ADDRESS], size_t *count, const char *text)
{
	char copy[200], *rest = copy, *word;

	if (text == NULL)
		return;
	str_copy(copy, sizeof(copy), text);
	while ((word = strsep(&rest, ",")) != NULL)
		str_copy(rows[(*count)++], PCI_ADDRESS, word);
}

static void take_wish(char **words, void *arg)
{
	struct wishes *all = arg;
	struct wish *w = &all->wish[all->count++];

	memset(w, 0, sizeof(*w));
	w->choose = strcmp(words[0], "choose") == 0;
	str_copy(w->radio, sizeof(w->radio), words[1]);
	take_words(w->want.extra, &w->want.extras, tree_value(words, "extra"));
	for (size_t i = 0; i < w->want.extras; i++) {
		char address[PCI_ADDRESS];

		pci_address(address, w->want.extra[i]);
		str_copy(w->want.extra[i], PCI_ADDRESS, address);
	}
	take_words(w->want.routes, &w->want.route_count, tree_value(words, "route"));
	w->want.yes = tree_value(words, "yes") != NULL;
	w->want.node = tree_value(words, "node") != NULL;
	w->want.uid = 990;
}

static void say_facts(struct buf *b, const struct pci_facts *f)
{
	static const char *const iommus[] = {"none", "intel", "amd", "other"};
	static const char *const answers[] = {"no", "yes", "unknown"};
	static const char *const modules[] = {"missing", "loadable", "loaded"};

	if (f->system == PCI_SYSTEM_FREEBSD) {
		buf_addf(b,
		    "host: FreeBSD %s, IOMMU %s (%s), firmware %s, enabled %s, AMD's %s, vmm "
		    "%s\n",
		    f->kernel, f->groups ? "on" : "off", iommus[f->iommu], answers[f->firmware],
		    answers[f->iommu_enable], answers[f->amdvi_enable], modules[f->vmm]);
		return;
	}
	buf_addf(b, "host: IOMMU %s (%s), remapping %s, unsafe %s, vfio-pci %s, kernel %s\n",
	    f->groups ? "on" : "off", iommus[f->iommu], answers[f->remapping],
	    answers[f->unsafe_interrupts],
	    f->vfio_loaded     ? "loaded"
	    : f->vfio_loadable ? "loadable"
			       : "missing",
	    f->kernel);
}

static void say_device(struct buf *b, const struct pci_host *h, const struct pci_device *d)
{
	char title[256], resets[64];

	buf_addf(b, "%s\n    %s, group %d, reset %s, MSI %u, MSI-X %u",
	    pci_title(d, title, sizeof(title)), pci_kind_name(d->kind), d->group,
	    pci_resets(d->resets, resets, sizeof(resets)), d->msi, d->msix);
	buf_addf(b, "%s%s%s%s", d->boot ? ", ppt at boot" : "",
	    d->unaligned ? ", unaligned" : "", d->conventional ? ", conventional" : "",
	    h->facts.system == PCI_SYSTEM_FREEBSD && !d->capabilities ? ", capabilities unknown"
								      : "");
	if (d->parent[0] != '\0')
		buf_addf(b, ", behind %s", d->parent);
	for (size_t i = 0; i < d->interface_count; i++)
		buf_addf(b, ", %s", d->interfaces[i]);
	for (size_t i = 0; i < d->above_count; i++)
		buf_addf(b, ", under %s", d->above[i]);
	buf_addf(b, "\n    %s\n", d->modalias);
	for (size_t i = 0; i < h->count; i++)
		if (d->group >= 0 && h->devices[i].group == d->group && &h->devices[i] != d)
			buf_addf(b, "    with %s: %s\n",
			    pci_title(&h->devices[i], title, sizeof(title)),
			    pci_class(&h->devices[i]));
}

static void say_error(struct buf *b, const struct err *e)
{
	buf_addf(b, "    %s\n", e->text);
	if (e->hint[0] != '\0')
		buf_addf(b, "    -> %s\n", e->hint);
}

/* Carried out on a model, looked at again, and undone. */
static const char *try_plan(
    const struct pci_host *h, const struct pci_want *want, const struct pci_plan *plan)
{
	char dir[] = "/tmp/airlock-pci-XXXXXX";
	struct pci_host later = *h;
	struct buf before = {0}, after = {0};
	struct pci_journal j;
	struct pci_plan again;
	struct err e = {0};
	const char *why = NULL;

	later.devices = calloc(h->count, sizeof(*later.devices));
	memcpy(later.devices, h->devices, h->count * sizeof(*later.devices));
	pci_fake_load(h);
	pci_fake_dump(&before);
	if (mkdtemp(dir) == NULL || pci_journal_open(&j, &pci_fake, "", dir, &e) != 0 ||
	    pci_take(&j, plan, &e) < 0)
		why = "the fake does not carry it out";
	pci_fake_show(&later);
	if (why == NULL && (pci_plan(&later, want, &again, &e) < 0 ||
			       again.count != (want->node ? plan->group_count : 0)))
		why = "a second look finds something left to do";
	if (why == NULL && pci_give(&j, &e) < 0)
		why = "the fake does not undo it";
	pci_fake_dump(&after);
	if (why == NULL && strcmp(before.data, after.data) != 0)
		why = "the host is not as it was";
	buf_fini(&before);
	buf_fini(&after);
	free(later.devices);
	rmdir(dir);
	return why;
}

static const char *say_wish(struct buf *b, const struct pci_host *h, struct wish *w)
{
	static const char *const verdicts[] = {"ok", "warned", "refused"};
	const struct pci_device *d;
	struct pci_plan plan;
	struct err e = {0};
	enum pci_verdict v;
	char text[256];

	buf_addf(b, "%s %s", w->choose ? "choose" : "want", w->radio);
	for (size_t i = 0; i < w->want.extras; i++)
		buf_addf(b, " and %s", w->want.extra[i]);
	for (size_t i = 0; i < w->want.route_count; i++)
		buf_addf(b, ", default route by %s", w->want.routes[i]);
	buf_addf(b, "%s%s: ", w->want.yes ? ", yes" : "", w->want.node ? ", by node" : "");
	d = pci_choose(h, w->radio, &e);
	if (d == NULL) {
		buf_addf(b, "none\n");
		say_error(b, &e);
		return NULL;
	}
	if (w->choose) {
		buf_addf(b, "%s\n", d->address);
		return NULL;
	}
	str_copy(w->want.card, sizeof(w->want.card), d->address);
	v = pci_verdict(h, &w->want, &e);
	buf_addf(b, "%s\n", verdicts[v]);
	if (v != PCI_OK)
		say_error(b, &e);
	if (pci_plan(h, &w->want, &plan, &e) < 0)
		return v == PCI_REFUSED ? NULL : e.text[0] != '\0' ? "no plan" : "no reason";
	if (v == PCI_REFUSED)
		return "a plan although it is refused";
	for (size_t i = 0; i < plan.function_count; i++)
		buf_addf(b, "    function %s\n", plan.functions[i]);
	for (size_t i = 0; i < plan.count; i++) {
		pci_describe(&plan.ops[i], text, sizeof(text));
		buf_addf(b, "    %s\n", text);
	}
	return try_plan(h, &w->want, &plan);
}

/* The parser of recordings passes over such lines. */
static void take_wishes(char *text, struct wishes *wishes)
{
	char *line, *word;

	while ((line = strsep(&text, "\n")) != NULL) {
		char *words[TREE_WORDS] = {0};
		size_t n = 0;

		if (strncmp(line, "want ", 5) != 0 && strncmp(line, "choose ", 7) != 0)
			continue;
		while (n < TREE_WORDS - 1 && (word = strsep(&line, " ")) != NULL)
			words[n++] = word;
		take_wish(words, wishes);
	}
}

static const char *say_tree(const char *path, struct buf *b)
{
	char root[] = "/tmp/airlock-pci-XXXXXX";
	const char *end = strrchr(path, '.');
	struct wishes wishes = {0};
	struct err e = {0};
	struct pci_host h;
	const char *why = NULL;
	size_t len;
	auto_free char *text = file_read(path, 65536, NULL, &e);
	auto_free char *ids = file_read(PCI_GOLDEN "/pci.ids", 65536, &len, &e);

	if (text == NULL || ids == NULL || mkdtemp(root) == NULL)
		return "cannot be read";
	tree_put(root, "usr/share/misc/pci.ids", ids, len);
	if (strcmp(end, ".host") == 0) {
		tree_put(root, PCI_RECORDING, text, strlen(text));
		take_wishes(text, &wishes);
	} else {
		tree_unfold(root, text, take_wish, &wishes);
	}
	if (pci_list(root, &h, &e) < 0)
		why = "cannot be listed";
	tree_remove(root);
	if (why != NULL)
		return why;
	say_facts(b, &h.facts);
	for (size_t i = 0; i < h.count; i++)
		if (h.devices[i].kind == PCI_WIRELESS || h.devices[i].kind == PCI_ETHERNET)
			say_device(b, &h, &h.devices[i]);
	for (size_t i = 0; i < wishes.count && why == NULL; i++)
		why = say_wish(b, &h, &wishes.wish[i]);
	pci_fini(&h);
	return why;
}

static void run_file(const char *path, bool update)
{
	const char *name = strrchr(path, '/') + 1, *why;
	char expected[4096];
	struct buf got = {0};
	struct err e = {0};
	auto_free char *want = NULL;

	why = say_tree(path, &got);
	str_format(expected, sizeof(expected), "%.*s.expected", (int)(strlen(path) - 5), path);
	if (why == NULL && update && file_replace(expected, got.data, got.len, 0644, &e) < 0)
		why = e.text;
	want = file_read(expected, 65536, NULL, &e);
	if (why == NULL && want == NULL)
		why = e.text;
	else if (why == NULL && strcmp(want, got.data) != 0)
		why = got.data;
	printf("%sok - %s%s%s\n", why != NULL ? "not " : "", name, why != NULL ? ": " : "",
	    why != NULL ? why : "");
	bad |= why != NULL;
	buf_fini(&got);
}

int main(int argc, char **argv)
{
	glob_t g = {0};

	if (glob(PCI_GOLDEN "/*.tree", 0, NULL, &g) != 0 ||
	    glob(PCI_GOLDEN "/*.host", GLOB_APPEND, NULL, &g) != 0)
		return 1;
	for (size_t i = 0; i < g.gl_pathc; i++)
		run_file(g.gl_pathv[i], argc > 1 && strcmp(argv[1], "update") == 0);
	globfree(&g);
	return bad;
}
