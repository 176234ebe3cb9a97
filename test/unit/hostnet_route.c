/*
 * hostnet_route: FreeBSD's one default route, taken and given back, over a kernel that
 * is a table here; and every one of its calls may be the last of the process.
 */
#include <setjmp.h>
#include <unistd.h>

#include "check.h"
#include "hostnet/bsd.h"

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#define WIRE           IP(192, 168, 1, 1)

enum { EM0 = 1, TUN0, AIRLOCK0, LAB, INTERFACES };
static const char *names[] = {NULL, "em0", "tun0", "airlock0", "lab"};
static bool there[INTERFACES];
static struct bsd_route table[8];
static size_t entries;
static bool multipath;
static int refuse; /* the interface through which the kernel adds nothing */
static int calls, kill_at, fail_at;
static jmp_buf killed;
static char dir[64], path[96];

static const struct hostnet_op first = {
    .kind = HOSTNET_ROUTE, .interface = "airlock0", .router = IP(10, 0, 0, 1)};
static const struct hostnet_op second = {
    .kind = HOSTNET_ROUTE, .interface = "lab", .router = IP(10, 7, 0, 1)};

static size_t find(const struct bsd_route *r)
{
	size_t i = 0;

	while (i < entries && (table[i].index != r->index || table[i].gateway != r->gateway))
		i++;
	return i;
}

/* False: this call fails. */
static bool call(void)
{
	calls++;
	if (calls == kill_at)
		longjmp(killed, 1);
	return calls != fail_at;
}

static ssize_t k_defaults(struct bsd_route *routes, size_t max, struct err *e)
{
	if (!call() || entries > max)
		return err_set(e, 0, "defaults");
	memcpy(routes, table, entries * sizeof(*routes));
	return (ssize_t)entries;
}

static int k_add(const struct bsd_route *r, struct err *e)
{
	if (!call())
		return err_set(e, 5, "add");
	if ((int)r->index == refuse)
		return err_set(e, 101, "add a route");
	if (find(r) < entries)
		return 0;
	if (entries > 0 && !multipath)
		return 0; /* EEXIST */
	table[entries++] = *r;
	return 0;
}

static int k_remove(const struct bsd_route *r, struct err *e)
{
	size_t i = find(r);

	if (!call())
		return err_set(e, 5, "remove");
	if (i < entries)
		table[i] = table[--entries];
	return 0;
}

static unsigned k_index(const char *name)
{
	for (unsigned i = 1; i < INTERFACES; i++)
		if (there[i] && strcmp(names[i], name) == 0)
			return i;
	return 0;
}

static bool k_name(unsigned index, char name[HOSTNET_NAME])
{
	if (index >= INTERFACES || !there[index])
		return false;
	return str_copy(name, HOSTNET_NAME, names[index]);
}

static const struct bsd_kernel kernel = {k_defaults, k_add, k_remove, k_index, k_name};

static void set(unsigned index, uint32_t gateway, int flags)
{
	table[entries++] = (struct bsd_route){.family = BSD_FAMILY_INET,
	    .index = index,
	    .gateway = gateway,
	    .flags = BSD_UP | flags | (gateway != 0 ? BSD_GATEWAY : 0)};
}

static bool is(unsigned index, uint32_t gateway)
{
	return entries == 1 && table[0].index == index && table[0].gateway == gateway;
}

/* A host with a wire, whose default route has a flag of its own. */
static void host(void)
{
	entries = 0;
	multipath = false;
	refuse = calls = kill_at = fail_at = 0;
	for (int i = 1; i < INTERFACES; i++)
		there[i] = true;
	unlink(path);
	set(EM0, WIRE, 0x8800);
}

static bool noted(void)
{
	return access(path, F_OK) == 0;
}

static bool take(const struct hostnet_op *op)
{
	struct err e = {0};

	return bsd_route_take(&kernel, path, op, &e) == 0;
}

static bool give(const struct hostnet_op *op)
{
	struct err e = {0};

	return bsd_route_give(&kernel, path, op, &e) == 0;
}

static void takes_its_place_and_gives_it_back(void)
{
	host();
	CHECK(take(&first));
	CHECK(is(AIRLOCK0, first.router));
	CHECK(take(&first));
	CHECK(is(AIRLOCK0, first.router));
	CHECK(give(&first));
	CHECK(is(EM0, WIRE));
	CHECK_INT(table[0].flags, BSD_UP | BSD_GATEWAY | 0x8800);
	CHECK(!noted());
	CHECK(give(&first));
	CHECK(is(EM0, WIRE));
}

static void where_there_was_none_there_is_none(void)
{
	host();
	entries = 0;
	CHECK(take(&first) && is(AIRLOCK0, first.router));
	CHECK(give(&first));
	CHECK_INT(entries, 0);
	CHECK(!noted());
}

static void a_route_by_an_interface_itself(void)
{
	host();
	entries = 0;
	set(TUN0, 0, BSD_STATIC);
	CHECK(take(&first) && is(AIRLOCK0, first.router));
	CHECK(give(&first) && is(TUN0, 0));
}

static void several_paths_come_back(void)
{
	host();
	multipath = true;
	set(TUN0, 0, BSD_STATIC);
	CHECK(take(&first) && is(AIRLOCK0, first.router));
	CHECK(give(&first));
	CHECK_INT(entries, 2);
}

/* What cannot be described cannot be put back, so it is not taken away. */
static void a_gateway_that_is_no_ipv4_stays(void)
{
	host();
	table[0].gateway = 0;
	CHECK(!take(&first));
	CHECK(is(EM0, 0));
	CHECK(!noted());
}

static void what_others_set_meanwhile_stays(void)
{
	host();
	CHECK(take(&first));
	entries = 0;
	set(EM0, IP(192, 168, 1, 254), 0);
	CHECK(give(&first));
	CHECK(is(EM0, IP(192, 168, 1, 254)));
	CHECK(!noted());

	/* Also when it is taken once more, as before each start of a guest. */
	host();
	CHECK(take(&first));
	entries = 0;
	set(EM0, IP(192, 168, 1, 254), 0);
	CHECK(take(&first) && is(EM0, IP(192, 168, 1, 254)));
	CHECK(give(&first) && is(EM0, IP(192, 168, 1, 254)));

	/* Given back in between, it is what comes back. */
	host();
	CHECK(take(&first));
	entries = 0;
	set(EM0, IP(192, 168, 1, 254), 0);
	CHECK(give(&first) && take(&first) && is(AIRLOCK0, first.router));
	CHECK(give(&first) && is(EM0, IP(192, 168, 1, 254)));

	/* A hypervisor closed the tap, and with its address the route went. */
	host();
	CHECK(take(&first));
	entries = 0;
	CHECK(take(&first) && is(AIRLOCK0, first.router));
	CHECK(give(&first) && is(EM0, WIRE));

	/* Appended beside ours, it stays when ours goes. */
	host();
	multipath = true;
	CHECK(take(&first));
	set(TUN0, 0, 0);
	CHECK(give(&first) && is(TUN0, 0));
}

static void what_is_lost_is_put_back(void)
{
	host();
	CHECK(take(&first));
	there[AIRLOCK0] = false;
	entries = 0; /* as the kernel does when an interface is destroyed */
	CHECK(give(&first) && is(EM0, WIRE));
}

static void machines_take_turns(void)
{
	host();
	CHECK(take(&first) && take(&second));
	CHECK(is(AIRLOCK0, first.router));
	CHECK(give(&first) && is(LAB, second.router));
	CHECK(give(&second) && is(EM0, WIRE));
	CHECK(!noted());

	host();
	CHECK(take(&first) && take(&second));
	CHECK(give(&second) && is(AIRLOCK0, first.router));
	CHECK(give(&first) && is(EM0, WIRE));

	/* The first was killed together with its interface. */
	host();
	CHECK(take(&first));
	there[AIRLOCK0] = false;
	entries = 0;
	CHECK(take(&second) && is(LAB, second.router));
	CHECK(give(&second));
}

/* Nothing to lead to: that is said, and the stop goes on. */
static void a_way_that_is_gone_is_no_obstacle(void)
{
	host();
	CHECK(take(&first));
	refuse = EM0;
	CHECK(give(&first));
	CHECK_INT(entries, 0);
	CHECK(!noted());

	host();
	CHECK(take(&first));
	there[EM0] = false;
	CHECK(give(&first));
	CHECK_INT(entries, 0);
}

static void a_refusal_leaves_the_host_as_it_was(void)
{
	host();
	refuse = AIRLOCK0;
	CHECK(!take(&first));
	CHECK(is(EM0, WIRE));
	CHECK(!noted());
	for (int n = 1; n < 4; n++) {
		host();
		fail_at = n;
		CHECK(!take(&first));
		CHECK(is(EM0, WIRE));
	}
}

/* Killed before its nth call to the kernel, in take or in give, then undone. */
static void killed_at_any_moment(void)
{
	volatile int n, kills = 0;

	for (n = 1; n < 12; n++) {
		host();
		kill_at = n;
		if (setjmp(killed) == 0) {
			take(&first);
			give(&first);
		} else {
			kills++;
		}
		kill_at = 0;
		CHECK(give(&first));
		CHECK(is(EM0, WIRE));
		CHECK(!noted());
	}
	CHECK(kills >= 6);
}

static void a_damaged_note_is_no_note(void)
{
	static const char *const bad[] = {"", "airlock-route 1", "airlock-route 2\n",
	    "airlock-route 1\nwas 1.2.3.4 em0 zz\n", "airlock-route 1\nwas 1.2.3 em0 1\n",
	    "airlock-route 1\nmachine airlock0 10.0.0.01\n", "airlock-route 1\nx\n"};
	struct bsd_share s;
	struct err e = {0};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		memset(&s, 1, sizeof(s));
		CHECK(!bsd_share_read(&s, bad[i]));
		CHECK_INT(s.machine_count + s.was_count, 0);
	}
	CHECK(bsd_share_read(&s, "airlock-route 1\nwas 0.0.0.0 tun0 800\n"
				 "machine airlock0 10.0.0.1\n"));
	CHECK_INT(s.was_count, 1);
	CHECK_STR(s.machine[0].interface, "airlock0");

	host();
	CHECK_INT(file_replace(path, "torn", 4, 0600, &e), 0);
	CHECK(take(&first) && is(AIRLOCK0, first.router));
	CHECK(give(&first) && is(EM0, WIRE));
}

int main(void)
{
	str_copy(dir, sizeof(dir), "/tmp/airlock-route-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return 1;
	str_format(path, sizeof(path), "%s/airlock.route", dir);
	log_level_set(LEVEL_NONE);
	RUN(takes_its_place_and_gives_it_back);
	RUN(where_there_was_none_there_is_none);
	RUN(a_route_by_an_interface_itself);
	RUN(several_paths_come_back);
	RUN(a_gateway_that_is_no_ipv4_stays);
	RUN(what_others_set_meanwhile_stays);
	RUN(what_is_lost_is_put_back);
	RUN(machines_take_turns);
	RUN(a_way_that_is_gone_is_no_obstacle);
	RUN(a_refusal_leaves_the_host_as_it_was);
	RUN(killed_at_any_moment);
	RUN(a_damaged_note_is_no_note);
	unlink(path);
	rmdir(dir);
	return check_done();
}
