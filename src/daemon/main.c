/*
 * airlock-daemon: supervises one router.
 *
 *     airlock-daemon [-buy] [-n NAME] [-c FILE]
 *
 * Reads the configuration, takes the lock of the run directory, undoes what a
 * crashed run left on the host, opens the control socket, and becomes four:
 *
 *     control   faces the command line        no root, no files, few system calls
 *     relay     faces the sockets' clients    no root but one right, few system calls
 *     machine   hypervisor, guest, policy     no root
 *     this one  keeps root, does what the machine asks, within the plan
 *
 * The lock's descriptor is inherited by all of them, so the next start waits
 * until the last of them is gone.  When the machine ends, by itself or by a
 * crash, this process undoes the journal and passes the exit status on.  The
 * relay may end before its time: the router goes on without it.
 *
 * With -u it only undoes what a killed run left, says what that was, and ends.  With -y
 * the host may lose its default route to the guest.
 *
 * With -b it was started by `airlock start`: one ACK byte on standard error
 * says that the control socket is there; after it, logs go where log_to says.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "daemon/control.h"
#include "daemon/host.h"
#include "daemon/notify.h"
#include "daemon/prepare.h"
#include "daemon/relay.h"
#include "daemon/supervise.h"

#define READY_BYTE "\006"

/* The pairs between the processes; the first named has [0]. */
struct pairs {
	int control_machine[2], machine_priv[2], machine_relay[2], hand[2], machine_keeper[2];
};

/* By -n; for messages. */
static const char *name = CONF_MACHINE;

static int fail(const struct err *e)
{
	char text[sizeof(e->text)], hint[sizeof(e->hint)];

	fprintf(stderr, "airlock: %s\n", conf_machine_text(text, sizeof(text), name, e->text));
	if (e->hint[0] != '\0')
		fprintf(stderr, "airlock: try: %s\n",
		    conf_machine_text(hint, sizeof(hint), name, e->hint));
	return e->kind != 0 ? (int)e->kind : ERR_FAILED;
}

static void run_control(struct daemon *d, int machine, pid_t parent)
{
	struct err e = {0};
	char empty[300];

	str_format(empty, sizeof(empty), "%s/empty", d->conf.run_dir);
	/* Ctrl-C reaches the whole group; the machine decides when it is over. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	if (process_shut_in(empty, &e) < 0 || process_drop(&d->user, false, parent, &e) < 0 ||
	    process_narrow(d->listener, PROCESS_LISTEN, &e) < 0 ||
	    process_narrow(machine, PROCESS_SPEAK, &e) < 0 ||
	    process_narrow(d->lock, PROCESS_HOLD, &e) < 0 || process_filter_control(&e) < 0 ||
	    control_main(d->listener, machine, &e) < 0)
		_exit(fail(&e));
	_exit(0);
}

static void run_relay(struct daemon *d, int machine, int handed, pid_t parent)
{
	struct err e = {0};

	close(d->listener);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	if (process_drop_relay(&d->user, parent, &e) < 0 ||
	    process_narrow(machine, PROCESS_SPEAK, &e) < 0 ||
	    process_narrow(handed, PROCESS_SPEAK, &e) < 0 ||
	    process_narrow(d->lock, PROCESS_HOLD, &e) < 0 ||
	    relay_main(machine, handed, &e) < 0)
		_exit(fail(&e));
	_exit(0);
}

/* The rest of what it has, guest, console and taps, it gets by these. */
static int narrow_machine(const struct daemon *d, const struct pairs *p, struct err *e)
{
	const int speaks[] = {p->control_machine[1], p->machine_priv[0], p->machine_keeper[0],
	    p->machine_relay[0], p->hand[0], d->notify - 1};

	for (size_t i = 0; i < ARRAY_LEN(speaks); i++)
		if (process_narrow(speaks[i], PROCESS_SPEAK, e) < 0)
			return -1;
	return process_narrow(d->lock, PROCESS_HOLD, e);
}

static void run_machine(struct daemon *d, const struct pairs *p, pid_t parent)
{
	static struct machine m;
	struct err e = {0};
	int result;

	close(d->listener);
	m = (struct machine){.conf = d->conf,
	    .conf_path = d->conf_path,
	    .priv = p->machine_priv[0],
	    .keeper = p->machine_keeper[0],
	    .background = d->background,
	    .notify = d->notify,
	    .driver = daemon_host.vm,
	    .control = {.io = {.fd = p->control_machine[1]}},
	    .sockets = {.relay = {.io = {.fd = p->machine_relay[0]}}, .hand = p->hand[0]}};
	memcpy(m.early, d->early, sizeof(m.early));
	if (d->conf.guest.nice != 0 && setpriority(PRIO_PROCESS, 0, d->conf.guest.nice) < 0)
		log_warn("guest.nice: %s", strerror(errno));
	if (conf_has_card(&d->conf))
		process_may_lock(d->conf.guest.memory_mib + VM_LOCKED_MIB);
	if (process_drop(&d->user, true, parent, &e) < 0 || narrow_machine(d, p, &e) < 0 ||
	    process_filter_machine(&e) < 0)
		_exit(fail(&e));
	result = machine_main(&m, &e);
	_exit(result < 0 ? fail(&e) : result);
}

/* ---------------------------------------------------------------- fork */

static void detach(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (write(STDERR_FILENO, READY_BYTE, 1) < 0)
		log_debug("nobody waits for us");
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	close(null);
}

/* To standard error, and kept for the log that there will be. */
static void log_early(void *arg, enum log_level level, const char *text)
{
	struct daemon *d = arg;

	fprintf(stderr, "airlock: %s: %s\n", log_level_name(level), text);
	for (size_t i = 0; i < MACHINE_EARLY; i++) {
		if (d->early[i].text[0] != '\0')
			continue;
		d->early[i].level = level;
		str_copy(d->early[i].text, sizeof(d->early[i].text), text);
		return;
	}
}

static void log_away(void *arg, enum log_level level, const char *text)
{
	struct daemon *d = arg;

	logto_send(&d->logto, level, "airlock", text);
}

static int open_pairs(struct pairs *p, struct err *e)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p->control_machine) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p->machine_relay) < 0)
		return err_set(e, errno, "make a socket pair");
	if (unix_pair(p->machine_priv, e) < 0 || unix_pair(p->hand, e) < 0 ||
	    unix_pair(p->machine_keeper, e) < 0)
		return -1;
	return 0;
}

/* Close the ends of the pairs that are not one's own. */
static void close_others(const struct pairs *p, const int *own, size_t count)
{
	const int all[] = {p->control_machine[0], p->control_machine[1], p->machine_priv[0],
	    p->machine_priv[1], p->machine_relay[0], p->machine_relay[1], p->hand[0],
	    p->hand[1], p->machine_keeper[0], p->machine_keeper[1]};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		bool mine = false;

		for (size_t k = 0; k < count; k++)
			mine |= own[k] == all[i];
		if (!mine)
			close(all[i]);
	}
}

enum role { ROLE_MACHINE, ROLE_CONTROL, ROLE_RELAY };

/* Returns the pid; the child never returns. */
static pid_t become(struct daemon *d, const struct pairs *p, enum role role)
{
	const int machine[] = {p->control_machine[1], p->machine_priv[0], p->machine_relay[0],
	    p->hand[0], p->machine_keeper[0]};
	const int relay[] = {p->machine_relay[1], p->hand[1]};
	pid_t self = getpid(), pid = fork();

	if (pid != 0)
		return pid;
	switch (role) {
	case ROLE_MACHINE:
		close_others(p, machine, ARRAY_LEN(machine));
		run_machine(d, p, self);
		break;
	case ROLE_CONTROL:
		close_others(p, &p->control_machine[0], 1);
		run_control(d, p->control_machine[0], self);
		break;
	case ROLE_RELAY:
		close_others(p, relay, ARRAY_LEN(relay));
		run_relay(d, p->machine_relay[1], p->hand[1], self);
		break;
	}
	_exit(ERR_FAILED);
}

static int become_four(struct daemon *d, struct err *e)
{
	struct pairs p;
	int own[2];

	if (open_pairs(&p, e) < 0)
		return -1;
	if (d->background) {
		/* Kept by syslog(3): the processes that follow log by it, too. */
		openlog(conf_machine_ident(d->ident, d->conf.machine), LOG_PID | LOG_NDELAY,
		    LOG_DAEMON);
		detach();
		d->logto.to = d->conf.log_to;
		d->logto.machine = d->conf.machine;
		log_open(log_away, d, "airlock", d->conf.log_level);
	}
	d->machine.pid = become(d, &p, ROLE_MACHINE);
	d->control.pid = d->machine.pid < 0 ? -1 : become(d, &p, ROLE_CONTROL);
	d->relay.pid = d->control.pid < 0 ? -1 : become(d, &p, ROLE_RELAY);
	if (d->relay.pid < 0) {
		err_set(e, errno, "fork");
		/* The others end with it. */
		if (d->machine.pid > 0)
			kill(d->machine.pid, SIGKILL);
		return -1;
	}
	own[0] = p.machine_priv[1];
	own[1] = p.machine_keeper[1];
	close_others(&p, own, ARRAY_LEN(own));
	close(d->listener);
	notify_ready(d->notify);
	return supervise(d, own[0], own[1], e);
}

static int usage(void)
{
	fprintf(stderr, "usage: airlock-daemon [-buy] [-n NAME] [-c FILE]\n");
	return ERR_USAGE;
}

int main(int argc, char **argv)
{
	static struct daemon d = {.lock = -1, .listener = -1};
	struct err e = {0};
	bool optional, undo = false;
	int opt, rc;

	while ((opt = getopt(argc, argv, "buyn:c:")) != -1) {
		switch (opt) {
		case 'b':
			d.background = true;
			break;
		case 'u':
			undo = true;
			break;
		case 'y':
			d.yes = true;
			break;
		case 'n':
			name = optarg;
			break;
		case 'c':
			str_copy(d.conf_path, sizeof(d.conf_path), optarg);
			d.conf_given = true;
			break;
		default:
			return usage();
		}
	}
	if (!conf_machine_valid(name))
		return usage();
	if (!d.conf_given)
		conf_machine_path(d.conf_path, name);
	umask(022);
	d.notify = notify_open();
	/* Root's own may lack sbin, or name places that are not root's. */
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	log_open(NULL, NULL, "airlock", LEVEL_INFO);
	optional = !d.conf_given && strcmp(name, CONF_MACHINE) == 0;
	if (conf_load(&d.conf, name, d.conf_path, optional, &e) < 0)
		return fail(&e);
	log_open(log_early, &d, "airlock", d.conf.log_level);
	rc = undo ? daemon_undo(&d, &e) : daemon_prepare(&d, &e);
	if (rc == 0 && !undo)
		rc = become_four(&d, &e);
	if (d.lock >= 0)
		daemon_tidy(&d);
	return rc < 0 ? fail(&e) : rc;
}
