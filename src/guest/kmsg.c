/*
 * kmsg: the kernel's log, a record at a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest/kmsg.h"

#define ROUND 32 /* records before the rest of the loop has its turn */

enum log_level kmsg_parse(char *record, uint64_t *time_ms, const char **text)
{
	/* emerg alert crit err | warning | notice info | debug */
	static const enum log_level levels[8] = {
	    LEVEL_ERROR,
	    LEVEL_ERROR,
	    LEVEL_ERROR,
	    LEVEL_ERROR,
	    LEVEL_WARN,
	    LEVEL_INFO,
	    LEVEL_DEBUG,
	    LEVEL_DEBUG,
	};
	unsigned long priority;
	unsigned long long us = 0;
	char *end, *body = strchr(record, ';');

	if (body == NULL)
		return LEVEL_NONE;
	priority = strtoul(record, &end, 10);
	if (end == record || *end != ',' || priority > 7)
		return LEVEL_NONE;
	/* "priority,sequence,microseconds,flags;text" */
	if (sscanf(end, ",%*u,%llu,", &us) != 1)
		us = 0;
	*time_ms = us / 1000;
	body[strcspn(body, "\n")] = '\0';
	*text = body + 1;
	return levels[priority];
}

static void on_record(void *arg, short revents)
{
	struct kmsg *k = arg;
	char record[2048];

	for (int i = 0; i < ROUND; i++) {
		ssize_t n = read(k->io.fd, record, sizeof(record) - 1);
		enum log_level level;
		const char *text;
		uint64_t time_ms;

		/* EPIPE: records were overwritten before they were read. */
		if (n < 0 && (errno == EPIPE || errno == EINVAL || errno == EINTR))
			continue;
		if (n <= 0)
			return;
		record[n] = '\0';
		level = kmsg_parse(record, &time_ms, &text);
		if (level != LEVEL_NONE)
			k->fn(k->arg, level, time_ms, text);
	}
}

int kmsg_open(struct kmsg *k, struct loop *l, struct err *e)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, errno, "open /dev/kmsg");
	k->io = (struct loop_io){.fd = fd, .events = POLLIN, .fn = on_record, .arg = k};
	loop_io_add(l, &k->io);
	return 0;
}
