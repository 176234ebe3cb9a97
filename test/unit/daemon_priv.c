/*
 * priv: what the privileged process hands out, and to whom it says no.  It runs as a
 * child; the test is the machine.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "daemon/priv.h"

static struct conf conf;
static char dir[64];
static const char *radio = "auto";
static int sock;
static pid_t child;

static void begin(void)
{
	struct err e = {0};
	int s[2];

	str_copy(dir, sizeof(dir), "/tmp/airlock-priv-XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
	conf_defaults(&conf, CONF_MACHINE);
	str_format(conf.supplicant, sizeof(conf.supplicant), "%s/networks.conf", dir);
	str_copy(conf.radio, sizeof(conf.radio), radio);
	CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s), 0);
	str_copy(hostnet_fake_file, sizeof(hostnet_fake_file), conf.supplicant);
	hostnet_fake_taken[0] = (struct hostnet_net){0x0a000000, 24};
	hostnet_fake_taken[1] = (struct hostnet_net){0xc0a80100, 24};
	hostnet_fake_taken_count = 2;
	hostnet_fake_holds = false;
	child = fork();
	if (child == 0) {
		struct priv p = {.conf = &conf,
		    .conf_path = conf.supplicant,
		    .journal = {.driver = &hostnet_fake},
		    .card = {.conf = &conf,
			.driver = &pci_fake,
			.hostnet = &hostnet_fake,
			.root = dir}};

		close(s[0]);
		while (priv_serve(&p, s[1], &e) == 1)
			;
		_exit(0);
	}
	close(s[1]);
	sock = s[0];
}

static void end(void)
{
	close(sock);
	CHECK_INT(child_wait(child), 0);
	unlink(conf.supplicant);
	rmdir(dir);
}

static void write_networks(const char *text)
{
	struct err e = {0};

	CHECK_INT(file_replace(conf.supplicant, text, strlen(text), 0600, &e), 0);
}

static void the_file_is_handed_out_to_be_read(void)
{
	struct err e = {0};
	char text[16] = "";
	int fd = -1;

	begin();
	CHECK_INT(priv_ask(sock, PRIV_OPEN_SUPPLICANT, NULL, &fd, &e), -1);
	CHECK_HAS(e.text, "networks.conf: No such file");
	write_networks("one");
	CHECK_INT(priv_ask(sock, PRIV_OPEN_SUPPLICANT, NULL, &fd, &e), 0);
	CHECK_INT(read(fd, text, sizeof(text) - 1), 3);
	CHECK_STR(text, "one");
	CHECK_INT(write(fd, "x", 1), -1);
	close(fd);
	end();
}

/* Where the machine process itself may ask no kernel. */
static void networks_are_told(void)
{
	struct hostnet_net nets[HOSTNET_ROUTES_MAX];
	struct err e = {0};
	int fd;

	begin();
	CHECK_INT(priv_networks(sock, nets, ARRAY_LEN(nets), &e), 2);
	CHECK_INT(nets[1].address, 0xc0a80100);
	CHECK_INT(nets[1].prefix, 24);
	CHECK_INT(priv_networks(sock, nets, 1, &e), -1);
	fd = priv_watch_routes(sock, &e);
	CHECK(fd >= 0);
	CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	close(fd);
	end();
}

static void a_fifo_in_its_place_blocks_nobody(void)
{
	struct err e = {0};
	int fd = -1;

	begin();
	CHECK_INT(mkfifo(conf.supplicant, 0600), 0);
	CHECK_INT(priv_ask(sock, PRIV_OPEN_SUPPLICANT, NULL, &fd, &e), -1);
	CHECK_HAS(e.text, "not a regular file");
	end();
}

static void the_watch_tells_of_a_change(void)
{
	struct err e = {0};
	struct pollfd p = {-1, POLLIN, 0};

	begin();
	CHECK_INT(priv_ask(sock, PRIV_WATCH_SUPPLICANT, NULL, &p.fd, &e), 0);
	CHECK(p.fd >= 0);
	CHECK_INT(poll(&p, 1, 0), 0);
	write_networks("one");
	CHECK_INT(poll(&p, 1, 1000), 1);
	close(p.fd);
	end();
}

/* The answer comes with a watch of that file; which file it is, is not the machine's to say. */
static void a_name_server_is_watched(void)
{
	struct hostnet_op op = {.kind = HOSTNET_RESOLVER, .router = 0x0a000001};
	struct pollfd p = {-1, POLLIN, 0};
	struct err e = {0};

	str_copy(op.interface, sizeof(op.interface), "airlock0");
	begin();
	CHECK_INT(priv_holds(sock, &op, &p.fd, &e), 0);
	CHECK(p.fd >= 0);
	CHECK_INT(poll(&p, 1, 0), 0);
	write_networks("nameserver");
	CHECK_INT(poll(&p, 1, 1000), 1);
	fd_close(&p.fd);
	op.kind = HOSTNET_UP;
	op.router = 0;
	CHECK_INT(priv_holds(sock, &op, &p.fd, &e), -1);
	CHECK_HAS(e.text, "no name server");
	op.kind = HOSTNET_RESOLVER;
	op.router = 0x08080808;
	CHECK_INT(priv_holds(sock, &op, &p.fd, &e), -1);
	CHECK_INT(p.fd, -1);
	end();
}

static void nonsense_is_refused(void)
{
	struct priv_reply reply;
	struct err e = {0};
	int fd = -1;

	begin();
	CHECK_INT(priv_ask(sock, (enum priv_verb)99, NULL, &fd, &e), -1);
	CHECK_HAS(e.text, "privileged request 99");
	CHECK_INT(send(sock, "short", 5, 0), 5);
	CHECK_INT(recv(sock, &reply, sizeof(reply), 0), sizeof(reply));
	CHECK_INT(reply.rc, -1);
	CHECK_HAS(reply.e.text, "privileged request of 5 bytes");
	write_networks("one");
	e = (struct err){0};
	CHECK_INT(priv_ask(sock, PRIV_OPEN_SUPPLICANT, NULL, &fd, &e), 0); /* it goes on */
	close(fd);
	end();
}

/* On a host without one; what is asked for cannot name another device. */
static void a_card_is_had_from_the_configuration_alone(void)
{
	struct card_info info = {0};
	struct err e = {0};

	begin();
	CHECK_INT(priv_card_take(sock, false, &info, &e), -1);
	CHECK_HAS(e.text, "hand over the card: ");
	CHECK_INT(info.count, 0);
	CHECK_INT(priv_card_open(sock, 0, &e), -1);
	CHECK_HAS(e.text, "descriptor 0 of the card");
	CHECK_INT(priv_card_open(sock, UINT32_MAX, &e), -1);
	end();
}

static void a_simulated_radio_gives_no_card(void)
{
	static const enum priv_verb verbs[] = {PRIV_CARD_TAKE, PRIV_CARD_GIVE, PRIV_CARD_OPEN};
	struct err e = {0};

	radio = "simulated";
	begin();
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		CHECK_INT(priv_ask(sock, verbs[i], NULL, NULL, &e), -1);
		CHECK_HAS(e.text, "there is no card");
	}
	end();
	radio = "auto";
}

int main(void)
{
	RUN(the_file_is_handed_out_to_be_read);
	RUN(networks_are_told);
	RUN(a_fifo_in_its_place_blocks_nobody);
	RUN(the_watch_tells_of_a_change);
	RUN(a_name_server_is_watched);
	RUN(nonsense_is_refused);
	RUN(a_card_is_had_from_the_configuration_alone);
	RUN(a_simulated_radio_gives_no_card);
	return check_done();
}
