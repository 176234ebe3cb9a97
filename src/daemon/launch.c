/*
 * launch: everything between the wish for a guest and its first channel byte.
 *
 * The image's files come from the privileged process as descriptors, so that
 * neither this process nor the hypervisor needs to walk to them.  What the
 * guest finds, and by which names, is agreed in doc/architecture.md.  A launch
 * that fails leaves the host's end for the next one, or for the stop, to undo.
 */
#include <string.h>

#include "daemon/machine.h"
#include "daemon/priv.h"

/*
 * Until the hypervisor answers.  On a host that is emulated itself that takes as long as
 * everything else there: who waits longer for the router waits longer for this.
 */
#define ANSWER_MS 20000

const uint8_t machine_lan_mac[6] = {0x02, 0xa1, 0x0c, 0x4b, 0x00, 0x01};
static const uint8_t air_mac[6] = {0x02, 0xa1, 0x0c, 0x4b, 0x00, 0x02};
static const uint8_t wired_mac[6] = {0x02, 0xa1, 0x0c, 0x4b, 0x00, 0x03};

static void add_disk(struct vm_spec *s, const char *path, const char *serial)
{
	struct vm_disk *d = &s->disks[s->disk_count++];

	str_copy(d->path, sizeof(d->path), path);
	str_copy(d->serial, sizeof(d->serial), serial);
	d->read_only = true;
}

static void add_nic(struct vm_spec *s, int tap, const uint8_t mac[6], enum vm_nic_model model)
{
	struct vm_nic *n = &s->nics[s->nic_count++];

	n->tap_fd = tap;
	n->model = model;
	memcpy(n->mac, mac, sizeof(n->mac));
}

/* The files of one generation of the image, as descriptors. */
static void close_image(int files[PRIV_FILES])
{
	for (int i = 0; i < PRIV_FILES; i++)
		fd_close(&files[i]);
}

static int open_image(struct machine *m, int files[PRIV_FILES], struct err *e)
{
	struct priv_image image = {0};

	for (image.file = 0; image.file < PRIV_FILES; image.file++) {
		if (image.file == PRIV_BOOT && m->conf.guest.boot != CONF_BOOT_UEFI)
			continue;
		files[image.file] = priv_open_image(m->priv, &image, e);
		if (files[image.file] < 0)
			return -1;
	}
	str_copy(m->image_id, sizeof(m->image_id), image.id);
	return 0;
}

/* A name by which this process, and whoever it hands the descriptor to, opens the file. */
static const char *name_of(int fd, char dst[32])
{
	str_format(dst, 32, "/proc/self/fd/%d", fd);
	return dst;
}

static int make_spec(
    const struct machine *m, const int files[PRIV_FILES], struct vm_spec *s, struct err *e)
{
	char name[32];

	*s = (struct vm_spec){.cpus = m->conf.guest.cpus,
	    .memory_mib = m->conf.guest.memory_mib,
	    .accel = (enum vm_accel)m->conf.guest.accel,
	    .answer_ms = MAX(ANSWER_MS, m->conf.guest.start_timeout_ms / 4)};
	if (m->conf.guest.boot == CONF_BOOT_UEFI) {
		s->boot = VM_BOOT_UEFI;
		add_disk(s, name_of(files[PRIV_BOOT], name), "airlock-boot");
	}
	conf_machine_ident(s->name, m->conf.machine);
	str_copy(s->kernel, sizeof(s->kernel), name_of(files[PRIV_KERNEL], name));
	str_copy(s->initrd, sizeof(s->initrd), name_of(files[PRIV_INITRD], name));
	str_copy(s->command_line, sizeof(s->command_line), IMAGE_COMMAND_LINE);
	add_disk(s, name_of(files[PRIV_ROOT], name), "airlock-root");
	add_nic(s, m->tap, machine_lan_mac, VM_NIC_VIRTIO);
	str_copy(s->ports[s->port_count++], sizeof(s->ports[0]), "airlock");
	if (conf_simulated(&m->conf)) {
		add_disk(s, name_of(files[PRIV_SIM], name), "airlock-sim");
		add_nic(s, m->air, air_mac, VM_NIC_VIRTIO);
		str_copy(s->ports[s->port_count++], sizeof(s->ports[0]), "airlock.sim");
	} else if (conf_simulated_wired(&m->conf)) {
		/* The driver of the card that is emulated is on that disk as well. */
		add_disk(s, name_of(files[PRIV_SIM], name), "airlock-sim");
		add_nic(s, m->air, wired_mac, VM_NIC_E1000E);
	}
	return handover_spec(m, s, e);
}

static int renew_network(struct machine *m, struct err *e)
{
	if (m->renew_network && network_down(m, e) < 0)
		return -1;
	m->renew_network = false;
	return network_up(m, e);
}

int launch_guest(struct machine *m, vm_event_fn *fn, struct err *e)
{
	enum vm_accel accel = (enum vm_accel)m->conf.guest.accel;
	int files[PRIV_FILES] = {-1, -1, -1, -1, -1};
	struct vm_spec spec;

	if (m->driver->check(&accel, m->hypervisor, sizeof(m->hypervisor), e) < 0)
		return -1;
	if (open_image(m, files, e) == 0 && handover_take(m, e) == 0 &&
	    renew_network(m, e) == 0) {
		if (make_spec(m, files, &spec, e) == 0)
			m->vm = m->driver->start(m->loop, &spec, fn, m, e);
		handover_close(&spec);
	}
	close_image(files);
	if (m->vm == NULL)
		return -1;
	if (channel_open(m, e) < 0 || console_open(m, e) < 0) {
		m->driver->free(m->vm);
		m->vm = NULL;
		return -1;
	}
	m->starts++;
	return 0;
}
