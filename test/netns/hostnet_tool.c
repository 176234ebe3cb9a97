/*
 * hostnet_tool: drives hostnet's Linux driver for hostnet.sh.
 *
 *     hostnet_tool apply RUN STATE [WORD...]  apply a plan, print "applied" and
 *                                             wait for the end of standard input,
 *                                             obeying its letters: see obey()
 *     hostnet_tool undo RUN STATE             undo what a crashed run left
 *     hostnet_tool networks [EXCEPT]          list networks, choose a subnet
 *     hostnet_tool uplinks                    list interfaces with a default route
 *     hostnet_tool hostile RUN STATE          as apply, and be a hostile guest
 *                                             on the tap: see send_frames()
 *
 * The plan is host 10.0.0.2/24, router 10.0.0.1, everything on.  WORDs change
 * it: noroute noresolver nofilter air open=PORT as=INTERFACE net=N (10.N.0.0/24); move changes
 * all addresses to 172.29.213.0/24 afterwards; undo undoes all at the end of standard input,
 * while the default is to leave that to the next run; orphan leaves the taps'
 * descriptors to a child, as a hypervisor that outlives the daemon would.
 * Times are printed in microseconds as "time WHAT N".
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "hostnet/hostnet.h"

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

static const uint8_t router_mac[6] = {0x02, 0xa1, 0x0c, 0x4b, 0x00, 0x01};

static int fail(const struct err *e)
{
	fprintf(stderr, "error %d: %s\n", e->kind, e->text);
	if (e->hint[0] != '\0')
		fprintf(stderr, "hint: %s\n", e->hint);
	return e->kind;
}

static long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static bool has(char **words, const char *word)
{
	for (; *words != NULL; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

static void intent_of(struct hostnet_intent *in, char **words)
{
	memset(in, 0, sizeof(*in));
	str_copy(in->interface, sizeof(in->interface), "airlock0");
	if (has(words, "air"))
		str_copy(in->air, sizeof(in->air), "airlock0-air");
	in->host = (struct hostnet_net){IP(10, 0, 0, 2), 24};
	in->router = IP(10, 0, 0, 1);
	memcpy(in->router_mac, router_mac, sizeof(in->router_mac));
	in->default_route = !has(words, "noroute");
	in->resolver = !has(words, "noresolver");
	in->filter = !has(words, "nofilter");
	for (; *words != NULL; words++) {
		uint32_t net = strncmp(*words, "net=", 4) == 0 ? (uint32_t)atoi(*words + 4) : 0;

		if (strncmp(*words, "open=", 5) == 0)
			in->open[in->open_count++] =
			    (struct hostnet_open){6, (uint16_t)atoi(*words + 5)};
		if (strncmp(*words, "as=", 3) == 0)
			str_copy(in->interface, sizeof(in->interface), *words + 3);
		in->host.address |= net << 16;
		in->router |= net << 16;
	}
}

static int apply_plan(
    struct hostnet_journal *j, const struct hostnet_intent *in, int *taps, struct err *e)
{
	struct hostnet_plan plan;

	if (hostnet_plan(in, &plan, e) < 0)
		return -1;
	for (size_t i = 0; i < plan.count; i++) {
		long begin = now_us();
		int fd = -1;

		if (hostnet_journal_apply(j, &plan.ops[i], &fd, e) < 0)
			return -1;
		printf("time op%u %ld\n", plan.ops[i].kind, now_us() - begin);
		if (plan.ops[i].kind == HOSTNET_TAP)
			taps[strcmp(plan.ops[i].interface, in->interface) != 0] = fd;
	}
	return 0;
}

/* A collision cured: the same interface, another subnet. */
static int move_plan(struct hostnet_journal *j, struct hostnet_intent *in, struct err *e)
{
	struct hostnet_plan plan;

	in->host.address = IP(172, 29, 213, 2);
	in->router = IP(172, 29, 213, 1);
	if (hostnet_plan(in, &plan, e) < 0)
		return -1;
	for (size_t i = 0; i < plan.count; i++)
		if (plan.ops[i].kind >= HOSTNET_FILTER && plan.ops[i].kind != HOSTNET_UP &&
		    hostnet_journal_apply(j, &plan.ops[i], NULL, e) < 0)
			return -1;
	return 0;
}

static void put_ip(uint8_t *p, uint32_t ip)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(ip >> (24 - 8 * i));
}

static uint16_t sum16(const uint8_t *p, size_t len, uint32_t sum)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* A TCP SYN (or an ICMP echo for port 0) as the guest would send it. */
static void send_frame(
    int tap, const uint8_t *dst, const uint8_t *src, uint32_t from, uint32_t to, uint16_t port)
{
	/* virtio_net_hdr, Ethernet, IPv4, then TCP of 20 bytes or ICMP of 8. */
	uint8_t f[10 + 14 + 20 + 20] = {0}, *ip = f + 24, *l4 = f + 44;
	size_t len = port != 0 ? 20 : 8;
	uint16_t sum;

	memcpy(f + 10, dst, 6);
	memcpy(f + 16, src, 6);
	f[22] = 8;
	ip[0] = 0x45;
	ip[3] = (uint8_t)(20 + len);
	ip[8] = 64;
	ip[9] = port != 0 ? 6 : 1;
	put_ip(ip + 12, from);
	put_ip(ip + 16, to);
	sum = sum16(ip, 20, 0);
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
	if (port != 0) {
		l4[0] = 0x99;
		l4[2] = (uint8_t)(port >> 8);
		l4[3] = (uint8_t)port;
		l4[12] = 0x50;
		l4[13] = 0x02;
		l4[14] = 0x20;
	} else {
		l4[0] = 8;
	}
	sum = port != 0
		  ? sum16(l4, len,
			(from >> 16) + (from & 0xffff) + (to >> 16) + (to & 0xffff) + 6 + 20)
		  : sum16(l4, len, 0);
	l4[port != 0 ? 16 : 2] = (uint8_t)(sum >> 8);
	l4[port != 0 ? 17 : 3] = (uint8_t)sum;
	if (write(tap, f, 44 + len) < 0)
		fprintf(stderr, "write frame: %s\n", strerror(errno));
}

/* Answer the host's question where the router is. */
static void send_arp(int tap)
{
	static const uint8_t head[] = {0, 1, 8, 0, 6, 4, 0, 2};
	uint8_t f[10 + 42] = {0}, *a = f + 24;

	memset(f + 10, 0xff, 6);
	memcpy(f + 16, router_mac, 6);
	f[22] = 8;
	f[23] = 6;
	memcpy(a, head, sizeof(head));
	memcpy(a + 8, router_mac, 6);
	put_ip(a + 14, IP(10, 0, 0, 1));
	memset(a + 18, 0xff, 6);
	put_ip(a + 24, IP(10, 0, 0, 2));
	if (write(tap, f, sizeof(f)) < 0)
		fprintf(stderr, "write ARP: %s\n", strerror(errno));
}

/* Does the host answer the last frame within 300 ms?  Prints what with. */
static void expect(const char *what, int tap)
{
	struct pollfd p = {tap, POLLIN, 0};
	uint64_t end = now_ms() + 300;
	const char *answer = "silence";
	uint8_t f[2048];

	while (now_ms() < end && poll(&p, 1, (int)(end - now_ms())) > 0) {
		ssize_t n = read(tap, f, sizeof(f));

		if (n < 10 + 14 + 28)
			continue;
		if (f[22] == 8 && f[23] == 6 && f[24 + 7] == 1)
			send_arp(tap);
		if (f[22] == 8 && f[23] == 0 && f[24 + 9] == 1 && f[44] == 0)
			answer = "echo";
		else if (f[22] == 8 && f[23] == 0 && f[24 + 9] == 6 && n >= 64)
			answer = (f[44 + 13] & 4) != 0 ? "reset" : "accepted";
		else
			continue;
		break;
	}
	printf("%s: %s\n", what, answer);
}

static void send_frames(int tap)
{
	static const uint8_t other_mac[6] = {0x02, 0xa1, 0x0c, 0x4b, 0x00, 0x99};
	struct ifreq ifr = {0};
	const uint8_t *host = (const uint8_t *)ifr.ifr_hwaddr.sa_data;
	static const struct {
		const char *what;
		uint32_t from, to;
		uint16_t port;
		bool other;
	} frames[] = {
	    {"ping", IP(10, 0, 0, 1), IP(10, 0, 0, 2), 0, false},
	    {"ping from the Internet", IP(198, 51, 100, 7), IP(10, 0, 0, 2), 0, false},
	    {"service", IP(10, 0, 0, 1), IP(10, 0, 0, 2), 22, false},
	    {"forwarded service", IP(198, 51, 100, 7), IP(10, 0, 0, 2), 8080, false},
	    {"service on another address of the host", IP(10, 0, 0, 1), IP(192, 0, 2, 9), 22,
		false},
	    {"ping from another MAC", IP(10, 0, 0, 1), IP(10, 0, 0, 2), 0, true},
	    {"ping from the host's own address", IP(192, 0, 2, 9), IP(10, 0, 0, 2), 0, false},
	    {"ping from loopback", IP(127, 0, 0, 1), IP(10, 0, 0, 2), 0, false},
	    {"ping from a multicast address", IP(224, 0, 0, 1), IP(10, 0, 0, 2), 0, false},
	};

	if (ioctl(tap, SIOCGIFHWADDR, &ifr) < 0)
		fprintf(stderr, "address of the tap: %s\n", strerror(errno));
	for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
		send_frame(tap, host, frames[i].other ? other_mac : router_mac, frames[i].from,
		    frames[i].to, frames[i].port);
		expect(frames[i].what, tap);
	}
}

/* h: does the name server still hold?  a: apply it again.  Each is answered with a line. */
static void obey(struct hostnet_journal *j, const struct hostnet_intent *in, char c)
{
	struct hostnet_plan plan = {0};
	const char *file = NULL;
	struct err e = {0};
	int r = hostnet_plan(in, &plan, &e);

	for (size_t i = 0; i < plan.count && r == 0; i++) {
		if (plan.ops[i].kind != HOSTNET_RESOLVER)
			continue;
		if (c == 'h')
			r = hostnet_linux.holds(&plan.ops[i], j->state, &file, &e);
		if (c == 'a')
			r = hostnet_journal_apply(j, &plan.ops[i], NULL, &e);
		break;
	}
	if (r < 0)
		fail(&e);
	else if (c == 'h')
		printf("holds %d %s\n", r, file != NULL ? file : "-");
	else if (c == 'a')
		printf("again\n");
	fflush(stdout);
}

static int run(const char *verb, const char *run_dir, const char *state, char **words)
{
	struct hostnet_intent in;
	struct hostnet_journal j;
	struct err e = {0};
	int taps[2] = {-1, -1};
	long begin = now_us();
	int left = hostnet_journal_open(&j, &hostnet_linux, run_dir, state, &e);
	char c;

	if (left < 0)
		return fail(&e);
	printf("left %d\ntime open %ld\n", left, now_us() - begin);
	if (strcmp(verb, "undo") == 0)
		return 0;
	intent_of(&in, words);
	begin = now_us();
	if (apply_plan(&j, &in, taps, &e) < 0) {
		struct err undo = {0};

		if (hostnet_journal_undo_all(&j, &undo) < 0)
			fail(&undo);
		return fail(&e);
	}
	printf("time apply %ld\n", now_us() - begin);
	begin = now_us();
	if (has(words, "move") && move_plan(&j, &in, &e) < 0)
		return fail(&e);
	if (has(words, "move"))
		printf("time move %ld\n", now_us() - begin);
	if (strcmp(verb, "hostile") == 0)
		send_frames(taps[0]);
	if (has(words, "orphan")) {
		pid_t child = fork();

		if (child == 0) {
			close(STDIN_FILENO);
			close(STDOUT_FILENO);
			close(STDERR_FILENO);
			sleep(60);
			_exit(0);
		}
		printf("orphan %d\n", child);
	}
	printf("applied\n");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		obey(&j, &in, c);
	if (!has(words, "undo"))
		return 0;
	begin = now_us();
	if (hostnet_journal_undo_all(&j, &e) < 0)
		return fail(&e);
	printf("time undo %ld\n", now_us() - begin);
	return 0;
}

static int networks(const char *except)
{
	struct hostnet_net nets[HOSTNET_ROUTES_MAX], host;
	struct err e = {0};
	uint32_t router;
	ssize_t n = hostnet_linux.networks(except, nets, ARRAY_LEN(nets), &e);

	if (n < 0)
		return fail(&e);
	for (ssize_t i = 0; i < n; i++)
		printf("%u.%u.%u.%u/%u\n", nets[i].address >> 24, nets[i].address >> 16 & 255,
		    nets[i].address >> 8 & 255, nets[i].address & 255, nets[i].prefix);
	if (hostnet_choose(nets, (size_t)n, &host, &router, &e) < 0)
		return fail(&e);
	printf("chosen %u.%u.%u.%u/%u\n", host.address >> 24, host.address >> 16 & 255,
	    host.address >> 8 & 255, host.address & 255, host.prefix);
	return 0;
}

static int uplinks(void)
{
	char names[4][HOSTNET_NAME];
	struct err e = {0};
	ssize_t n = hostnet_linux.uplinks(names, ARRAY_LEN(names), &e);

	if (n < 0)
		return fail(&e);
	for (ssize_t i = 0; i < n; i++)
		printf("uplink %s.\n", names[i]);
	printf("%zd uplinks\n", n);
	return 0;
}

int main(int argc, char **argv)
{
	log_open(NULL, NULL, "hostnet_tool", LEVEL_DEBUG);
	if (argc >= 2 && strcmp(argv[1], "networks") == 0)
		return networks(argc > 2 ? argv[2] : NULL);
	if (argc >= 2 && strcmp(argv[1], "uplinks") == 0)
		return uplinks();
	if (argc < 4)
		return 2;
	return run(argv[1], argv[2], argv[3], argv + 4);
}
