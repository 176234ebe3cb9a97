/*
 * freebsd_look: the functions of this host, from /dev/pci.
 *
 * PCIOCGETCONF lists them, for anybody who may open /dev/pci; configuration spaces can be
 * read by who may write there, as registers may change by being read.  Only the plain 256
 * bytes are read, of which the capabilities are.  What is found is written as a recording
 * and read by the parser that all recordings are read by.
 */
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pciio.h>
#include <unistd.h>

#include "pci/freebsd.h"

#define BATCH     64
#define COUNT_MAX 4096 /* a host has tens */
#define TRIES     8    /* until the list stands still while it is read */
#define BAR_0     0x10
#define BAR_IO    1U
#define BAR_64    4U
#define BAR_TYPE  6U

int freebsd_open(bool write, struct err *e)
{
	int fd = open("/dev/pci", (write ? O_RDWR : O_RDONLY) | O_CLOEXEC);

	return fd < 0 ? err_set(e, errno, "open /dev/pci") : fd;
}

static void take(struct pci_raw *r, const struct pci_conf *c)
{
	*r = (struct pci_raw){.domain = c->pc_sel.pc_domain,
	    .bus = c->pc_sel.pc_bus,
	    .slot = c->pc_sel.pc_dev,
	    .function = c->pc_sel.pc_func,
	    .vendor = c->pc_vendor,
	    .device = c->pc_device,
	    .subvendor = c->pc_subvendor,
	    .subdevice = c->pc_subdevice,
	    .class = (uint32_t)c->pc_class << 16 | (uint32_t)c->pc_subclass << 8 | c->pc_progif,
	    .revision = c->pc_revid,
	    .header = c->pc_hdr,
	    .unit = (unsigned)c->pd_unit};
	str_copy(r->driver, sizeof(r->driver), c->pd_name);
}

static void choose(struct pci_match_conf *m, const char *address)
{
	unsigned domain = 0, bus = 0, slot = 0, function = 0;

	sscanf(address, "%5x:%2x:%2x.%1x", &domain, &bus, &slot, &function);
	*m = (struct pci_match_conf){.pc_sel = {.pc_domain = domain,
					 .pc_bus = (uint8_t)bus,
					 .pc_dev = (uint8_t)slot,
					 .pc_func = (uint8_t)function},
	    .flags = PCI_GETCONF_MATCH_DOMAIN | PCI_GETCONF_MATCH_BUS | PCI_GETCONF_MATCH_DEV |
		     PCI_GETCONF_MATCH_FUNC};
}

/* One walk.  Returns how many, or -1 with *e; num EAGAIN: the list has changed. */
static ssize_t walk(int fd, struct pci_match_conf *only, struct pci_raw **list, struct err *e)
{
	struct pci_conf found[BATCH];
	struct pci_conf_io io = {.match_buf_len = sizeof(found), .matches = found};
	size_t count = 0;

	if (only != NULL) {
		io.patterns = only;
		io.num_patterns = 1;
		io.pat_buf_len = sizeof(*only);
	}
	do {
		struct pci_raw *more;

		if (ioctl(fd, PCIOCGETCONF, &io) < 0)
			return err_set(e, errno, "list the PCI devices");
		if (io.status == PCI_GETCONF_LIST_CHANGED)
			return err_set(e, EAGAIN, "list the PCI devices");
		if (io.status == PCI_GETCONF_ERROR || count + io.num_matches > COUNT_MAX)
			return err_set(e, EIO, "list the PCI devices");
		more = reallocarray(*list, count + io.num_matches + 1, sizeof(*more));
		if (more == NULL)
			return err_set(e, ENOMEM, "list the PCI devices");
		*list = more;
		for (size_t i = 0; i < io.num_matches; i++)
			take(&more[count++], &found[i]);
	} while (io.status == PCI_GETCONF_MORE_DEVS);
	return (ssize_t)count;
}

ssize_t freebsd_functions(int fd, const char *only, struct pci_raw **list, struct err *e)
{
	struct pci_match_conf match;
	ssize_t n = -1;

	if (only != NULL)
		choose(&match, only);
	for (int i = 0; i < TRIES && n < 0; i++) {
		*e = (struct err){0};
		n = walk(fd, only != NULL ? &match : NULL, list, e);
		if (n < 0 && e->num != EAGAIN)
			break;
	}
	return n;
}

static struct pcisel selector(const struct pci_raw *r)
{
	return (struct pcisel){.pc_domain = r->domain,
	    .pc_bus = (uint8_t)r->bus,
	    .pc_dev = (uint8_t)r->slot,
	    .pc_func = (uint8_t)r->function};
}

bool freebsd_attached(int fd, const struct pci_raw *r)
{
	struct pci_io io = {.pi_sel = selector(r)};

	return ioctl(fd, PCIOCATTACHED, &io) < 0 || io.pi_data != 0;
}

static void read_config(int fd, struct pci_raw *r)
{
	for (size_t at = 0; at < sizeof(r->config); at += 4) {
		struct pci_io io = {.pi_sel = selector(r), .pi_reg = (int)at, .pi_width = 4};

		if (ioctl(fd, PCIOCREAD, &io) < 0)
			return;
		for (size_t i = 0; i < 4; i++)
			r->config[at + i] = (uint8_t)(io.pi_data >> 8 * i);
		r->config_len = at + 4;
	}
}

static void read_bars(int fd, struct pci_raw *r)
{
	if ((r->header & 0x7f) != 0)
		return;
	for (size_t i = 0; i < PCI_BARS; i++) {
		struct pci_bar_io io = {
		    .pbi_sel = selector(r), .pbi_reg = (int)(BAR_0 + 4 * i)};

		if (ioctl(fd, PCIOCGETBAR, &io) < 0)
			continue;
		r->bars[i].there = true;
		r->bars[i].io = (io.pbi_base & BAR_IO) != 0;
		r->bars[i].size = io.pbi_length;
		r->bars[i].base = io.pbi_base & ~(uint64_t)(r->bars[i].io ? 3 : 15);
		if (!r->bars[i].io && (io.pbi_base & BAR_TYPE) == BAR_64)
			i++;
	}
}

int pci_record(const char *root, struct buf *b, struct err *e)
{
	auto_free struct pci_raw *list = NULL;
	struct err ignored = {0};
	bool whole = true;
	auto_fd fd = -1;
	ssize_t n;

	if (root[0] != '\0')
		return err_set(e, ENOTSUP, "record the cards below %s", root);
	freebsd_record_host(b);
	fd = freebsd_open(true, &ignored);
	if (fd < 0) {
		whole = false;
		fd = freebsd_open(false, e);
	}
	/* Jails have no /dev/pci: there is no device for them. */
	if (fd < 0)
		return e->num == ENOENT ? 0 : -1;
	n = freebsd_functions(fd, NULL, &list, e);
	if (n < 0)
		return -1;
	freebsd_record_interfaces(b, list, (size_t)n);
	for (ssize_t i = 0; i < n; i++) {
		if (whole)
			read_config(fd, &list[i]);
		list[i].unattached = whole && !freebsd_attached(fd, &list[i]);
		read_bars(fd, &list[i]);
		pci_record_function(b, &list[i]);
	}
	return 0;
}

int pci_look(const char *root, struct pci_host *h, struct err *e)
{
	struct buf b = {0};
	int r;

	if (root[0] != '\0') {
		h->facts.system = PCI_SYSTEM_FREEBSD;
		return 0;
	}
	r = pci_record(root, &b, e);
	if (r == 0)
		r = pci_parse(b.data, b.len, h, e);
	buf_fini(&b);
	return r;
}
