/*
 * hostnet_resolv: what airlock writes into /etc/resolv.conf, told from what others
 * make of it.
 */
#include "check.h"
#include "hostnet/resolv_conf.h"

static struct resolv_ours ours;
static struct resolv_conf file;

static void begin(void)
{
	memset(&ours, 0, sizeof(ours));
	memset(&file, 0, sizeof(file));
	file.kind = RESOLV_FILE;
	CHECK(resolv_ours_put(&ours, "airlock0", "/var/lib/airlock", 0x0a000001));
	CHECK(resolv_ours_put(&ours, "lab", "/var/lib/airlock-lab", 0x0a070001));
	resolv_ours_write(&ours, &file.text);
}

static void the_lines_of_an_editor_remain(void)
{
	struct resolv_ours none;

	begin();
	buf_addf(&file.text, "options edns0\nsearch example");
	CHECK(!resolv_ours_read(&none, &file));
	CHECK(resolv_ours_strip(&ours, &file));
	CHECK_STR(file.text.data, "options edns0\nsearch example");
	CHECK_INT(file.text.len, strlen(file.text.data));
	buf_fini(&file.text);
}

static void a_name_server_that_is_not_ours_remains(void)
{
	struct buf ahead = {0};

	begin();
	buf_addf(
	    &ahead, "nameserver 10.0.0.10\n%snameserver 10.0.0.1 # mine\n", file.text.data);
	buf_fini(&file.text);
	file.text = ahead;
	CHECK(resolv_ours_strip(&ours, &file));
	CHECK_STR(file.text.data, "nameserver 10.0.0.10\nnameserver 10.0.0.1 # mine\n");
	buf_fini(&file.text);
}

static void nothing_remains_of_ours(void)
{
	begin();
	CHECK(resolv_ours_strip(&ours, &file));
	CHECK_STR(file.text.data, "");
	buf_fini(&file.text);
}

/* The address of a router may be somebody's own choice. */
static void a_file_of_others_stays_as_it_is(void)
{
	begin();
	buf_fini(&file.text);
	buf_addf(&file.text, "nameserver 10.0.0.1\n");
	CHECK(!resolv_ours_strip(&ours, &file));
	CHECK_STR(file.text.data, "nameserver 10.0.0.1\n");
	buf_fini(&file.text);
}

int main(void)
{
	RUN(the_lines_of_an_editor_remain);
	RUN(a_name_server_that_is_not_ours_remains);
	RUN(nothing_remains_of_ours);
	RUN(a_file_of_others_stays_as_it_is);
	return check_done();
}
