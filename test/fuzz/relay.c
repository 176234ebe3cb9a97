/*
 * relay: whatever frames arrive, to both ends.  The host's end has a socket and
 * a client, the guest's end a program to connect to, so that numbers may fit.
 * Neither may touch what is not its own, nor hold more than its table.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "relay/relay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct loop *loop;
static struct wire_reader reader;
static struct relay_guest *guest; /* one, as watching directories takes its time */
static char dir[32] = "/tmp/airlock-fuzz-XXXXXX";
static char sup[64], ap[64], peers[64];
static int program = -1;

static void ignore(void *arg, const struct wire_msg *m)
{
	if (m->type != WIRE_SOCKET && m->type != WIRE_PEER && m->type != WIRE_DATAGRAM &&
	    m->type != WIRE_PEER_END)
		abort(); /* not the relay's to say */
}

static size_t nothing(void *arg)
{
	return 0;
}

static void address_of(struct sockaddr_un *sun, const char *name)
{
	*sun = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(sun->sun_path, sizeof(sun->sun_path), "%s/%s", dir, name);
}

static int bound_to(const char *name)
{
	struct sockaddr_un sun;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	address_of(&sun, name);
	unlink(sun.sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		abort();
	return fd;
}

static void tidy(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command) != 0)
		abort();
}

static void begin(void)
{
	const struct relay_guest_spec spec = {
	    .directories = {sup, ap}, .peers = peers, .send = ignore, .waiting = nothing};
	struct err e = {0};

	loop = loop_new(&e);
	if (loop == NULL || mkdtemp(dir) == NULL)
		abort();
	atexit(tidy);
	snprintf(sup, sizeof(sup), "%s/sup", dir);
	snprintf(ap, sizeof(ap), "%s/ap", dir);
	snprintf(peers, sizeof(peers), "%s/peer", dir);
	if (mkdir(sup, 0700) < 0)
		abort();
	program = bound_to("sup/wlan0");
	guest = relay_guest_new(loop, &spec, &e);
	if (guest == NULL)
		abort();
}

static void stop(void *arg)
{
	loop_stop(loop, 0);
}

static struct relay_host *host_with_a_client(int *client)
{
	struct loop_timer soon = {.fn = stop};
	struct sockaddr_un to;
	struct err e = {0};
	struct relay_host *h = relay_host_new(loop, ignore, NULL, &e);
	int fd;

	fd = bound_to("listener");
	*client = bound_to("client");
	address_of(&to, "listener");
	if (h == NULL ||
	    sendto(*client, "ATTACH", 6, 0, (struct sockaddr *)&to, sizeof(to)) != 6 ||
	    relay_host_listen(h, WIRE_DIR_SUPPLICANT, "wlan0", fd, &e) < 0)
		abort();
	/* The client becomes number 257. */
	loop_timer_set(loop, &soon, 0);
	if (loop_run(loop, &e) < 0 || relay_host_count(h) != 1)
		abort();
	return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct relay_host *host;
	struct err e = {0};
	struct wire_msg m;
	uint8_t drain[64];
	int client, rc;

	if (loop == NULL)
		begin();
	host = host_with_a_client(&client);
	relay_guest_host(guest, true);
	memset(&reader, 0, offsetof(struct wire_reader, buf));
	reader.resync = true;
	for (size_t at = 0; at < size;) {
		size_t room;
		uint8_t *p = wire_room(&reader, &room);
		size_t n = MIN(room, size - at);

		memcpy(p, data + at, n);
		at += n;
		wire_filled(&reader, n);
		while ((rc = wire_next(&reader, &m, &e)) != 0) {
			if (rc < 0)
				continue;
			relay_host_message(host, &m);
			relay_guest_message(guest, &m);
			if (relay_host_count(host) > RELAY_PEERS)
				abort();
		}
	}
	relay_guest_host(guest, false);
	relay_host_free(host);
	close(client);
	while (recv(program, drain, sizeof(drain), MSG_DONTWAIT) >= 0)
		;
	return 0;
}
