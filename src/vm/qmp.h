/*
 * qmp: what QEMU says on its monitor, decoded, and what it means for the
 * life of a machine.  Both halves are pure: bytes in, bytes and events out;
 * the driver owns descriptors and timers.
 */
#ifndef VM_QMP_H
#define VM_QMP_H

#include "vm/internal.h"

#define QMP_LINE_MAX 65536 /* bytes of one message, as accepted */

enum qmp_kind {
	QMP_GREETING,
	QMP_RETURN, /* an answer, to the command `id` */
	QMP_ERROR,  /* a refusal of the command `id`; `text` says why */
	QMP_EVENT,
};

enum qmp_event {
	QMP_SHUTDOWN,
	QMP_PANICKED,
	QMP_STOP,
	QMP_RESUME,
	QMP_DELETED, /* a device; `address` says which */
	QMP_OTHER,   /* one that means nothing here */
};

/* The commands ever sent; the value is the id. */
enum qmp_command { QMP_CAPABILITIES = 1, QMP_CONT, QMP_STATUS, QMP_POWER_DOWN };

struct qmp_message {
	enum qmp_kind kind;
	enum qmp_event event;
	uint64_t id;            /* 0 when there is none */
	bool running;           /* query-status: the CPUs run */
	char status[32];        /* query-status: RunState, escaped */
	enum end_reason reason; /* of SHUTDOWN */
	char text[256];         /* of an error, escaped */
	char address[16];       /* of DEVICE_DELETED: the host's function, "" another */
};

/*
 * Decode one line.  0, or -1 with *e when it is no message of QMP.
 * Unknown members and events are accepted, as the protocol demands.
 */
int qmp_decode(const char *line, size_t len, struct qmp_message *m, struct err *e);

/* -------------------------------------------------- monitor.c: the life */

/* Zero, then set fn and arg.  The other members are the monitor's. */
struct monitor {
	/*
	 * RUNNING, PAUSED or PANICKED with its text, UNPLUGGED with the address;
	 * may not end the monitor.
	 */
	void (*fn)(void *arg, enum vm_event_kind kind, const char *text);
	void *arg;

	struct buf out;         /* to be sent; the driver drops what it has sent */
	bool answered;          /* the first status came: no deadline any more */
	bool grace;             /* call monitor_grace_over in MONITOR_GRACE_MS */
	bool ran, panicked;     /* for the classification of the end */
	enum end_reason reason; /* likewise; END_UNSEEN until SHUTDOWN */

	unsigned state;
	char status[32];
	bool power_off;
	struct buf in;
	size_t scanned;
};

/* How long a guest may be stopped before that is an error. */
#define MONITOR_GRACE_MS 1000

/*
 * Take bytes from QEMU.  0, or -1 with *e when they are no QMP: then the
 * machine is beyond control and wants to be killed.
 */
int monitor_feed(struct monitor *m, const void *data, size_t len, struct err *e);

/* MONITOR_GRACE_MS have passed since `grace` became true. */
void monitor_grace_over(struct monitor *m);

/* Press the power button, now or as soon as QEMU takes commands. */
void monitor_power_off(struct monitor *m);

void monitor_fini(struct monitor *m);

#endif
