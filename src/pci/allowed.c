/*
 * allowed: what the privileged process may do, and a record of it.
 *
 * An operation becomes paths below /sys and /dev and an argument of modprobe(8), or of
 * FreeBSD's devctl2, as root; so nothing of it is used before it was checked, not even the end
 * of a string. The same check is passed by plans when they are made and by records when they
 * are read back:
 *
 *     KIND ADDRESS VENDOR:DEVICE DRIVER OVERRIDE GROUP UID CHECKSUM
 *
 * with "-" for an empty word.  Members that a kind does not look at are empty.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pci/internal.h"

#define GROUP_MAX 65535 /* groups are counted from 0, one for each function at most */

static const char *const kinds[PCI_KINDS] = {
    [PCI_LOAD] = "load",
    [PCI_OVERRIDE] = "override",
    [PCI_UNBIND] = "unbind",
    [PCI_BIND] = "bind",
    [PCI_GRANT] = "grant",
    [PCI_VMM] = "vmm",
    [PCI_PPT] = "ppt",
};
static_assert(PCI_PPT + 1 == PCI_KINDS, "a word for each kind");
static_assert(sizeof(struct pci_op) == 96, "no gaps: operations are compared as bytes");

/* A driver's name: a word to the kernel, a path and every shell.  "" is allowed. */
static bool is_driver(const char name[PCI_DRIVER])
{
	if (memchr(name, '\0', PCI_DRIVER) == NULL || name[0] == '.' || name[0] == '-')
		return false;
	for (const char *p = name; *p != '\0'; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			(*p >= '0' && *p <= '9') || strchr("-_.+", *p) != NULL))
			return false;
	return true;
}

static bool is_address(const char address[PCI_ADDRESS])
{
	char again[PCI_ADDRESS];

	return memchr(address, '\0', PCI_ADDRESS) != NULL && pci_address(again, address) &&
	       strcmp(again, address) == 0;
}

static int check_function(const struct pci_op *op, struct err *e)
{
	if (!is_address(op->address))
		return err_set(e, 0, "%s: no address of a PCI device", kinds[op->kind]);
	if (!is_driver(op->driver) || !is_driver(op->override))
		return err_set(
		    e, 0, "%s %s: no name of a driver", kinds[op->kind], op->address);
	if (op->kind == PCI_UNBIND && op->driver[0] == '\0')
		return err_set(e, 0, "unbind %s: from no driver", op->address);
	if (strcmp(op->driver, PCI_VFIO) == 0 || strcmp(op->driver, PCI_PPT_DRIVER) == 0)
		return err_set(
		    e, 0, "%s %s: it has %s already", kinds[op->kind], op->address, op->driver);
	return 0;
}

static int check_ppt(const struct pci_op *op, struct err *e)
{
	if (check_function(op, e) < 0)
		return -1;
	/* vmm has no word for a domain: the same bus of another one would be meant. */
	if (strncmp(op->address, "0000:", 5) != 0)
		return err_set(e, 0, "ppt %s: it is not in domain 0", op->address);
	return 0;
}

int pci_allowed(const struct pci_op *op, struct err *e)
{
	if (op->kind >= PCI_KINDS)
		return err_set(e, 0, "card operation %u is unknown", op->kind);
	switch ((enum pci_op_kind)op->kind) {
	case PCI_OVERRIDE:
	case PCI_UNBIND:
	case PCI_BIND:
		return check_function(op, e);
	case PCI_GRANT:
		if (op->group > GROUP_MAX || op->uid == 0 || op->uid == (uint32_t)-1)
			return err_set(
			    e, 0, "grant /dev/vfio/%u to user %u: no", op->group, op->uid);
		return 0;
	case PCI_PPT:
		return check_ppt(op, e);
	case PCI_LOAD:
	case PCI_VMM:
	case PCI_KINDS:
		break;
	}
	return 0;
}

static const char *word(const char *text)
{
	return text[0] != '\0' ? text : "-";
}

static void write_op(struct buf *b, const void *arg)
{
	const struct pci_op *op = arg;

	buf_addf(b, "%s %s %04x:%04x %s %s %" PRIu32 " %" PRIu32, kinds[op->kind],
	    word(op->address), op->vendor, op->device, word(op->driver), word(op->override),
	    op->group, op->uid);
}

static bool take_word(char *dst, size_t size, const char *text)
{
	return strcmp(text, "-") == 0 || str_copy(dst, size, text);
}

static bool read_op(const char *line, void *arg)
{
	struct pci_op *op = arg;
	char kind[12], address[PCI_ADDRESS], driver[PCI_DRIVER], override[PCI_DRIVER];
	unsigned vendor, device;

	static_assert(PCI_ADDRESS == 16 && PCI_DRIVER == 32, "the widths below");
	if (sscanf(line, "%11s %15s %4x:%4x %31s %31s %9" SCNu32 " %10" SCNu32, kind, address,
		&vendor, &device, driver, override, &op->group, &op->uid) != 8)
		return false;
	while (op->kind < PCI_KINDS && strcmp(kinds[op->kind], kind) != 0)
		op->kind++;
	op->vendor = (uint16_t)vendor;
	op->device = (uint16_t)device;
	return take_word(op->address, sizeof(op->address), address) &&
	       take_word(op->driver, sizeof(op->driver), driver) &&
	       take_word(op->override, sizeof(op->override), override) &&
	       pci_allowed(op, NULL) == 0;
}

const struct journal_type pci_records_type = {
    .file = "pci.journal",
    .size = sizeof(struct pci_op),
    .max = PCI_OPS_MAX,
    .write = write_op,
    .read = read_op,
};
