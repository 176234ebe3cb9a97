/*
 * spec: a guest's specification, from the configuration and what was prepared for it.
 *
 * Whoever starts the hypervisor makes it: the machine process, of descriptors, or the
 * privileged one, of paths and names of devices.  What the guest finds, and by which
 * serials, names and addresses, is agreed in doc/architecture.md.  Pure.
 */
#include <string.h>

#include "daemon/spec.h"

/*
 * Until the hypervisor answers.  On a host that is emulated itself that takes as long as
 * everything else there: who waits longer for the router waits longer for this.
 */
#define ANSWER_MS 20000

const uint8_t spec_lan_mac[6] = {0x02, 0xa1, 0x0c, 0x4b, 0x00, 0x01};
static const uint8_t air_mac[6] = {0x02, 0xa1, 0x0c, 0x4b, 0x00, 0x02};
static const uint8_t wired_mac[6] = {0x02, 0xa1, 0x0c, 0x4b, 0x00, 0x03};

static void add_disk(struct vm_spec *s, const char *path, const char *serial)
{
	struct vm_disk *d = &s->disks[s->disk_count++];

	str_copy(d->path, sizeof(d->path), path);
	str_copy(d->serial, sizeof(d->serial), serial);
	d->read_only = true;
}

static void add_nic(struct vm_spec *s, int tap, const char *device, const uint8_t mac[6],
    enum vm_nic_model model)
{
	struct vm_nic *n = &s->nics[s->nic_count++];

	n->tap_fd = tap;
	n->model = model;
	memcpy(n->mac, mac, sizeof(n->mac));
	if (device != NULL)
		str_copy(n->tap, sizeof(n->tap), device);
}

static void add_port(struct vm_spec *s, const char *name)
{
	str_copy(s->ports[s->port_count++], sizeof(s->ports[0]), name);
}

static void add_air(const struct spec_parts *p, struct vm_spec *s)
{
	if (!conf_simulated(p->conf) && !conf_simulated_wired(p->conf))
		return;
	/* The driver of the card that is emulated is on that disk as well. */
	add_disk(s, p->files[PRIV_SIM], "airlock-sim");
	if (conf_simulated_wired(p->conf)) {
		add_nic(s, p->air, p->air_device, wired_mac, VM_NIC_E1000E);
		return;
	}
	add_nic(s, p->air, p->air_device, air_mac, VM_NIC_VIRTIO);
	add_port(s, "airlock.sim");
}

int spec_make(const struct spec_parts *p, struct vm_spec *s, struct err *e)
{
	const struct conf *c = p->conf;

	*s = (struct vm_spec){.cpus = c->guest.cpus,
	    .memory_mib = c->guest.memory_mib,
	    .accel = (enum vm_accel)c->guest.accel,
	    .boot = c->guest.boot == CONF_BOOT_UEFI ? VM_BOOT_UEFI : VM_BOOT_DIRECT,
	    .answer_ms = MAX(ANSWER_MS, c->guest.start_timeout_ms / 4),
	    .iommu_fd = -1};
	if (s->boot == VM_BOOT_UEFI && p->files[PRIV_BOOT] == NULL) {
		err_set(e, 0, "the image has no boot disk for guest.boot = \"uefi\"");
		err_hint(e, "airlock image build, or guest.boot = \"direct\"");
		return err_is(e, ERR_IMAGE);
	}
	conf_machine_ident(s->name, c->machine);
	str_copy(s->kernel, sizeof(s->kernel), p->files[PRIV_KERNEL]);
	str_copy(s->initrd, sizeof(s->initrd), p->files[PRIV_INITRD]);
	str_copy(s->command_line, sizeof(s->command_line), IMAGE_COMMAND_LINE);
	if (s->boot == VM_BOOT_UEFI)
		add_disk(s, p->files[PRIV_BOOT], "airlock-boot");
	add_disk(s, p->files[PRIV_ROOT], "airlock-root");
	add_nic(s, p->tap, p->tap_device, spec_lan_mac, VM_NIC_VIRTIO);
	add_port(s, "airlock");
	add_air(p, s);
	for (; p->card != NULL && s->pci_count < p->card->count; s->pci_count++) {
		struct vm_pci *f = &s->pci[s->pci_count];

		str_copy(f->address, sizeof(f->address), p->card->function[s->pci_count]);
		f->vfio_fd = -1;
	}
	return 0;
}
