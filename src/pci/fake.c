/*
 * fake: a driver that changes a model of a host.
 *
 * It behaves as the systems do where that matters: probing takes the overriding driver or
 * the device's own, a group has a node while one of its functions is bound to vfio-pci,
 * a driver that was set is cleared in favour of the device's own, an unplugged device
 * answers nothing.  The model may lie in shared memory, so that a
 * test can kill the process that changes it and look at what it left.
 */
#include <errno.h>
#include <string.h>

#include "pci/fake.h"
#include "pci/internal.h"

static struct pci_fake_model own_model;
struct pci_fake_model *pci_fake_model = &own_model;

void pci_fake_load(const struct pci_host *h)
{
	struct pci_fake_model *m = pci_fake_model;

	memset(m, 0, sizeof(*m));
	m->loaded = h->facts.system == PCI_SYSTEM_FREEBSD ? h->facts.vmm == PCI_MODULE_LOADED
							  : h->facts.vfio_loaded;
	m->count = MIN(h->count, (size_t)PCI_FAKE_MAX);
	for (size_t i = 0; i < m->count; i++) {
		const struct pci_device *from = &h->devices[i];
		struct pci_fake_device *d = &m->devices[i];

		memcpy(d->address, from->address, sizeof(d->address));
		memcpy(d->driver, from->driver, sizeof(d->driver));
		memcpy(d->override, from->override, sizeof(d->override));
		if (!pci_is_taken(from))
			memcpy(d->own, from->driver, sizeof(d->own));
		d->vendor = from->vendor;
		d->device = from->device;
		d->group = from->group;
	}
}

void pci_fake_show(struct pci_host *h)
{
	const struct pci_fake_model *m = pci_fake_model;

	h->facts.vfio_loaded = m->loaded;
	if (h->facts.system == PCI_SYSTEM_FREEBSD && m->loaded)
		h->facts.vmm = PCI_MODULE_LOADED;
	for (size_t i = 0; i < m->count && i < h->count; i++) {
		memcpy(h->devices[i].driver, m->devices[i].driver, PCI_DRIVER);
		memcpy(h->devices[i].override, m->devices[i].override, PCI_DRIVER);
	}
}

static bool has_node(int group)
{
	const struct pci_fake_model *m = pci_fake_model;

	for (size_t i = 0; i < m->count; i++)
		if (m->devices[i].group == group && !m->devices[i].gone &&
		    strcmp(m->devices[i].driver, PCI_VFIO) == 0)
			return true;
	return false;
}

void pci_fake_dump(struct buf *b)
{
	const struct pci_fake_model *m = pci_fake_model;

	for (size_t i = 0; i < m->count; i++)
		buf_addf(b, "%s driver \"%s\" override \"%s\"\n", m->devices[i].address,
		    m->devices[i].driver, m->devices[i].override);
	for (size_t i = 0; i < ARRAY_LEN(m->nodes); i++)
		if (m->nodes[i] != 0)
			buf_addf(b, "/dev/vfio/%zu user %u\n", i, m->nodes[i]);
}

/* The device of an operation, or NULL when it is gone or another. */
static struct pci_fake_device *find(const struct pci_op *op)
{
	for (size_t i = 0; i < pci_fake_model->count; i++) {
		struct pci_fake_device *d = &pci_fake_model->devices[i];

		if (strcmp(d->address, op->address) == 0 && !d->gone &&
		    d->vendor == op->vendor && d->device == op->device)
			return d;
	}
	return NULL;
}

static void set(char dst[PCI_DRIVER], const char *driver)
{
	memset(dst, 0, PCI_DRIVER);
	str_copy(dst, PCI_DRIVER, driver);
}

static void probe(struct pci_fake_device *d)
{
	if (d->driver[0] != '\0')
		return;
	if (d->override[0] == '\0')
		set(d->driver, d->own);
	else if (strcmp(d->override, PCI_VFIO) != 0 || pci_fake_model->loaded)
		set(d->driver, d->override);
}

static void unbind(struct pci_fake_device *d)
{
	set(d->driver, "");
	if (d->group >= 0 && d->group < (int)ARRAY_LEN(pci_fake_model->nodes) &&
	    !has_node(d->group))
		pci_fake_model->nodes[d->group] = 0;
}

static int grant(const struct pci_op *op, struct err *e)
{
	if (op->group >= ARRAY_LEN(pci_fake_model->nodes) || !has_node((int)op->group))
		return err_set(e, ENOENT, "open /dev/vfio/%u", op->group);
	pci_fake_model->nodes[op->group] = op->uid;
	return 0;
}

static int do_function(const struct pci_op *op, struct err *e)
{
	struct pci_fake_device *d = find(op);

	if (d == NULL)
		return err_set(e, ENODEV, "card %s", op->address);
	if (op->kind == PCI_OVERRIDE)
		set(d->override, PCI_VFIO);
	if (op->kind == PCI_UNBIND && strcmp(d->driver, PCI_VFIO) != 0) {
		if (d->driver[0] != '\0' && strcmp(d->driver, op->driver) != 0)
			return err_set(e, 0, "it has the driver %s", d->driver);
		unbind(d);
	}
	if (op->kind == PCI_BIND) {
		probe(d);
		if (strcmp(d->driver, PCI_VFIO) != 0)
			return err_set(e, 0, "vfio-pci does not take the card");
	}
	return 0;
}

static int undo_function(const struct pci_op *op, struct err *e)
{
	struct pci_fake_device *d = find(op);

	if (d == NULL)
		return 0;
	if (strcmp(d->override, PCI_VFIO) == 0)
		set(d->override, op->override);
	if (op->kind != PCI_OVERRIDE && strcmp(d->driver, PCI_VFIO) == 0) {
		if (d->held)
			return err_set(e, ETIMEDOUT, "the driver vfio-pci keeps it");
		unbind(d);
	}
	if (op->kind == PCI_UNBIND) {
		if (d->driver[0] == '\0' && !d->lost)
			set(d->driver, op->driver);
		if (d->driver[0] == '\0')
			return err_set(e, 0, "the driver %s did not take the card %s again",
			    op->driver, op->address);
	}
	return 0;
}

static int do_ppt(const struct pci_op *op, struct err *e)
{
	struct pci_fake_device *d = find(op);

	if (d == NULL)
		return err_set(e, ENODEV, "card %s", op->address);
	if (strcmp(d->driver, PCI_PPT_DRIVER) == 0)
		return 0;
	if (strcmp(d->driver, op->driver) != 0)
		return err_set(e, 0, "it has the driver %s", d->driver);
	if (!pci_fake_model->loaded)
		return err_set(e, 0, "there is no driver ppt");
	set(d->driver, PCI_PPT_DRIVER);
	return 0;
}

static int undo_ppt(const struct pci_op *op, struct err *e)
{
	struct pci_fake_device *d = find(op);

	if (d == NULL)
		return 0;
	if (strcmp(d->driver, PCI_PPT_DRIVER) == 0) {
		if (d->held)
			return err_set(e, ETIMEDOUT, "the driver ppt keeps it");
		set(d->driver, "");
	}
	if (d->driver[0] == '\0' && !d->lost)
		set(d->driver, d->own);
	if (d->driver[0] == '\0' && op->driver[0] != '\0')
		return err_set(e, 0, "the driver %s did not take the card %s again", op->driver,
		    op->address);
	return 0;
}

/* Count an act, and call the test's hook on either side of it. */
static void step(void)
{
	pci_fake_model->steps++;
	if (pci_fake_model->step != NULL)
		pci_fake_model->step(pci_fake_model->steps);
}

static bool begin(struct err *e)
{
	step();
	pci_fake_model->acts++;
	if (pci_fake_model->acts != pci_fake_model->fail_at)
		return true;
	err_set(e, EIO, "act %u", pci_fake_model->acts);
	return false;
}

static int fake_apply(const char *root, const struct pci_op *op, struct err *e)
{
	char text[256];
	int r = -1;

	pci_describe(op, text, sizeof(text));
	if (pci_allowed(op, e) < 0)
		return -1;
	if (begin(e)) {
		switch ((enum pci_op_kind)op->kind) {
		case PCI_LOAD:
		case PCI_VMM:
			r = pci_fake_model->unloadable ? err_set(e, 0, "there is no module")
						       : 0;
			pci_fake_model->loaded = r == 0;
			break;
		case PCI_OVERRIDE:
		case PCI_UNBIND:
		case PCI_BIND:
			r = do_function(op, e);
			break;
		case PCI_GRANT:
			r = grant(op, e);
			break;
		case PCI_PPT:
			r = do_ppt(op, e);
			break;
		case PCI_KINDS:
			break;
		}
	}
	step();
	return r < 0 ? err_ctx(e, "%s", text) : 0;
}

static int fake_undo(const char *root, const struct pci_op *op, struct err *e)
{
	char text[256];
	int r = -1;

	pci_describe(op, text, sizeof(text));
	if (pci_allowed(op, e) < 0)
		return -1;
	if (begin(e)) {
		switch ((enum pci_op_kind)op->kind) {
		case PCI_LOAD:
		case PCI_VMM:
			r = 0;
			break;
		case PCI_PPT:
			r = undo_ppt(op, e);
			break;
		case PCI_OVERRIDE:
		case PCI_UNBIND:
		case PCI_BIND:
			r = undo_function(op, e);
			break;
		case PCI_GRANT:
			r = 0;
			if (op->group < ARRAY_LEN(pci_fake_model->nodes) &&
			    pci_fake_model->nodes[op->group] == op->uid)
				pci_fake_model->nodes[op->group] = 0;
			break;
		case PCI_KINDS:
			break;
		}
	}
	step();
	return r < 0 ? err_ctx(e, "undo: %s", text) : 0;
}

const struct pci_driver pci_fake = {
    .name = "fake",
    .apply = fake_apply,
    .undo = fake_undo,
};
