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
#include "daemon/spec.h"

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

/* A hypervisor with a keeper gets it from there; here only its ports are looked at. */
static int make_spec(
    const struct machine *m, const int files[PRIV_FILES], struct vm_spec *s, struct err *e)
{
	char names[PRIV_FILES][32];
	struct spec_parts parts = {.conf = &m->conf, .tap = m->tap, .air = m->air};

	for (int i = 0; i < PRIV_FILES; i++)
		parts.files[i] = files[i] >= 0 ? name_of(files[i], names[i]) : NULL;
	if (spec_make(&parts, s, e) < 0)
		return -1;
	s->keeper = m->keeper;
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
	struct vm_spec spec = {.iommu_fd = -1};

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
