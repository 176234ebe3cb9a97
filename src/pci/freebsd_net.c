/*
 * freebsd_net: which interfaces are whose, as lines of a recording.
 *
 * An interface may have any name; the kernel keeps the driver's name and unit it was made
 * with.  From there dev.NAME.UNIT.%parent leads upwards to a function: of vtnet0 to
 * virtio_pci0, of an adapter behind USB to xhci0.  The radio of wlan0 is said by
 * net.wlan.0.%parent.  Bridges, laggs and VLANs tell what they are over.
 */
#include <sys/types.h>

#include <ctype.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_bridgevar.h>
#include <net/if_lagg.h>
#include <net/if_mib.h>
#include <net/if_vlan_var.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/sockio.h>
#include <sys/sysctl.h>
#include <unistd.h>

#include "pci/freebsd.h"

#define LEVELS 12 /* of buses between an interface and its function */
#define PORTS  64 /* of a bridge or a lagg */
#define NAME   (PCI_DRIVER + PCI_UNIT)

/* "em0", whatever the interface is called now. */
static bool driver_of(unsigned index, char dst[NAME])
{
	int mib[] = {
	    CTL_NET, PF_LINK, NETLINK_GENERIC, IFMIB_IFDATA, (int)index, IFDATA_DRIVERNAME};
	size_t len = NAME - 1;

	memset(dst, 0, NAME);
	return sysctl(mib, ARRAY_LEN(mib), dst, &len, NULL, 0) == 0 && dst[0] != '\0';
}

static bool is_function(const struct pci_raw *list, size_t count, const char *name)
{
	char own[NAME];

	for (size_t i = 0; i < count; i++) {
		str_format(own, sizeof(own), "%s%u", list[i].driver, list[i].unit);
		if (list[i].driver[0] != '\0' && strcmp(own, name) == 0)
			return true;
	}
	return false;
}

/* PREFIX.iwm.0.%parent of "iwm0". */
static bool parent_of(const char *prefix, const char *name, char dst[NAME])
{
	char key[NAME + 32];
	size_t digits = 0, len = strlen(name);

	while (digits < len && isdigit((unsigned char)name[len - 1 - digits]))
		digits++;
	str_format(key, sizeof(key), "%s.%.*s.%s.%%parent", prefix, (int)(len - digits), name,
	    name + len - digits);
	return freebsd_sysctl(key, dst, NAME);
}

/* From a driver's name to the function it is of, in place; false when none is. */
static bool climb(const struct pci_raw *list, size_t count, char name[NAME])
{
	char up[NAME];

	for (int i = 0; i < LEVELS && name[0] != '\0'; i++) {
		if (is_function(list, count, name))
			return true;
		if (!parent_of("dev", name, up) && !parent_of("net", name, up))
			return false;
		str_copy(name, NAME, up);
	}
	return false;
}

static void record_over(struct buf *b, const char *name, const char *port)
{
	buf_addf(b, "airlock.interface: %s over %.*s\n", name, IFNAMSIZ - 1, port);
}

static void record_vlan(struct buf *b, int sock, const char *name)
{
	struct vlanreq v = {0};
	struct ifreq r = {.ifr_data = (void *)&v};

	str_copy(r.ifr_name, sizeof(r.ifr_name), name);
	if (ioctl(sock, SIOCGETVLAN, &r) == 0 && v.vlr_parent[0] != '\0')
		record_over(b, name, v.vlr_parent);
}

static void record_lagg(struct buf *b, int sock, const char *name)
{
	struct lagg_reqport ports[PORTS] = {0};
	struct lagg_reqall r = {.ra_size = sizeof(ports), .ra_port = ports};

	str_copy(r.ra_ifname, sizeof(r.ra_ifname), name);
	if (ioctl(sock, SIOCGLAGG, &r) < 0)
		return;
	for (int i = 0; i < r.ra_ports && i < PORTS; i++)
		record_over(b, name, ports[i].rp_portname);
}

static void record_bridge(struct buf *b, int sock, const char *name)
{
	struct ifbreq ports[PORTS] = {0};
	struct ifbifconf list = {.ifbic_len = sizeof(ports), .ifbic_req = ports};
	struct ifdrv r = {.ifd_cmd = BRDGGIFS, .ifd_len = sizeof(list), .ifd_data = &list};

	str_copy(r.ifd_name, sizeof(r.ifd_name), name);
	if (ioctl(sock, SIOCGDRVSPEC, &r) < 0)
		return;
	for (size_t i = 0; i < MIN(list.ifbic_len / sizeof(ports[0]), (size_t)PORTS); i++)
		record_over(b, name, ports[i].ifbr_ifsname);
}

static bool begins(const char *name, const char *driver)
{
	size_t len = strlen(driver);

	return strncmp(name, driver, len) == 0 && isdigit((unsigned char)name[len]);
}

static void record_one(struct buf *b, int sock, const struct pci_raw *list, size_t count,
    const struct if_nameindex *i)
{
	char driver[NAME], carrier[NAME];
	bool wireless;

	if (!driver_of(i->if_index, driver))
		return;
	if (begins(driver, "vlan"))
		record_vlan(b, sock, i->if_name);
	else if (begins(driver, "lagg"))
		record_lagg(b, sock, i->if_name);
	else if (begins(driver, "bridge"))
		record_bridge(b, sock, i->if_name);
	wireless = begins(driver, "wlan") && parent_of("net", driver, carrier);
	if (!wireless)
		str_copy(carrier, sizeof(carrier), driver);
	if (climb(list, count, carrier))
		buf_addf(b, "airlock.interface: %s of %s%s\n", i->if_name, carrier,
		    wireless ? " wireless" : "");
}

void freebsd_record_interfaces(struct buf *b, const struct pci_raw *list, size_t count)
{
	struct if_nameindex *all = if_nameindex();
	auto_fd sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	/* Said even when there is none: then the parser need not guess. */
	buf_addf(b, "airlock.interface:\n");
	for (const struct if_nameindex *i = all; i != NULL && i->if_index != 0; i++)
		record_one(b, sock, list, count, i);
	if (all != NULL)
		if_freenameindex(all);
}
