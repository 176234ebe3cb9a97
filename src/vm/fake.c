/*
 * fake: a machine without a hypervisor.
 *
 * It keeps the table's contract, its tests are those of the real drivers, and
 * it does what a test tells it to.  Ports and console are socket pairs whose
 * other ends the test holds; events wait in a short queue until a timer of
 * 0 ms lets the loop deliver them, because no event may come from inside a
 * function of the table.
 */
#include <errno.h>
#include <string.h>

#include "vm/internal.h"

#define QUEUE_MAX 16

struct fake {
	struct vm vm; /* first: what the table's functions are given */
	struct loop_timer timer;
	struct vm_event queue[QUEUE_MAX];
	size_t queued;
	bool ran, running, ended, deaf;
	char pci[16];                           /* address of the first function, or "" */
	int ports[VM_PORTS_MAX][2], console[2]; /* the host's end, the guest's */
};

static struct fake *of(struct vm *vm)
{
	return (struct fake *)vm;
}

static void fake_free(struct vm *vm)
{
	struct fake *f = of(vm);

	if (vm == NULL || vm->freed)
		return;
	loop_timer_del(vm->loop, &f->timer);
	for (int end = 0; end < 2; end++) {
		fd_close(&f->console[end]);
		for (size_t i = 0; i < VM_PORTS_MAX; i++)
			fd_close(&f->ports[i][end]);
	}
	vm->freed = true;
	if (vm->busy == 0)
		free(f);
}

static void on_timer(void *arg)
{
	struct fake *f = arg;

	f->vm.busy++;
	for (size_t i = 0; i < f->queued && !f->vm.freed; i++)
		vm_emit(&f->vm, f->queue[i].kind, f->queue[i].exit, f->queue[i].text);
	f->queued = 0;
	if (--f->vm.busy == 0 && f->vm.freed)
		free(f);
}

static void say(struct fake *f, enum vm_event_kind kind, enum vm_exit exit, const char *text)
{
	if (f->ended || f->queued == QUEUE_MAX)
		return;
	f->ended = kind == VM_EVENT_EXITED;
	f->running = kind == VM_EVENT_RUNNING;
	f->ran = f->ran || f->running;
	f->queue[f->queued++] = (struct vm_event){kind, exit, text};
	loop_timer_set(f->vm.loop, &f->timer, 0);
}

/* What runs goes on. */
static void unplug(struct fake *f)
{
	bool running = f->running;

	say(f, VM_EVENT_UNPLUGGED, VM_EXIT_CRASHED, f->pci);
	f->running = running;
}

void vm_fake_act(struct vm *vm, enum vm_fake_act act)
{
	struct fake *f = of(vm);

	switch (act) {
	case VM_FAKE_RUN:
		say(f, VM_EVENT_RUNNING, VM_EXIT_CRASHED, "the guest runs");
		break;
	case VM_FAKE_PAUSE:
		say(f, VM_EVENT_PAUSED, VM_EXIT_CRASHED,
		    "the hypervisor stopped the guest: its status is \"internal-error\"");
		break;
	case VM_FAKE_PANIC:
		say(f, VM_EVENT_PANICKED, VM_EXIT_CRASHED, "the guest's kernel panicked");
		say(f, VM_EVENT_EXITED, VM_EXIT_CRASHED, "the guest's kernel panicked");
		break;
	case VM_FAKE_RESET:
		say(f, VM_EVENT_EXITED, VM_EXIT_RESET, "the guest asked for a reboot");
		break;
	case VM_FAKE_POWER_OFF:
		say(f, VM_EVENT_EXITED, VM_EXIT_POWERED_OFF, "the guest powered off");
		break;
	case VM_FAKE_CRASH:
		if (f->ran)
			say(f, VM_EVENT_EXITED, VM_EXIT_CRASHED,
			    "the hypervisor was killed by SIGKILL");
		else
			say(f, VM_EVENT_EXITED, VM_EXIT_REFUSED,
			    "the hypervisor never ran the guest: it was told so");
		break;
	case VM_FAKE_UNPLUG:
		if (f->pci[0] != '\0')
			unplug(f);
		break;
	case VM_FAKE_DEAF:
		f->deaf = true;
		break;
	}
}

static int fake_check(enum vm_accel *accel, char *version, size_t size, struct err *e)
{
	if (*accel == VM_ACCEL_AUTO)
		*accel = VM_ACCEL_TCG;
	str_copy(version, size, "fake 1");
	return 0;
}

static bool fake_takes_vfio_fds(const char *version)
{
	return true;
}

static int fake_command_line(const struct vm_spec *spec, struct buf *out, struct err *e)
{
	buf_addf(out, "fake\n%s\n%s\n%s\n", spec->name, spec->kernel, spec->command_line);
	for (size_t i = 0; i < spec->pci_count; i++)
		buf_addf(out, "%s\n", spec->pci[i].address);
	return 0;
}

static int make_pair(int *pair, struct err *e)
{
	if (vm_pair(&pair[0], &pair[1], e) < 0)
		return -1;
	return fd_nonblock(pair[1], e);
}

static struct vm *fake_start(
    struct loop *l, const struct vm_spec *spec, vm_event_fn *fn, void *arg, struct err *e)
{
	struct fake *f;

	if (vm_spec_check(spec, e) < 0)
		return NULL;
	f = calloc(1, sizeof(*f));
	if (f == NULL) {
		err_set(e, ENOMEM, "start a machine");
		return NULL;
	}
	f->vm = (struct vm){.loop = l, .fn = fn, .arg = arg};
	f->timer = (struct loop_timer){.fn = on_timer, .arg = f};
	if (spec->pci_count > 0)
		str_copy(f->pci, sizeof(f->pci), spec->pci[0].address);
	memset(f->console, -1, sizeof(f->console));
	memset(f->ports, -1, sizeof(f->ports));
	if (make_pair(f->console, e) < 0)
		goto fail;
	for (size_t i = 0; i < spec->port_count; i++)
		if (make_pair(f->ports[i], e) < 0)
			goto fail;
	return &f->vm;
fail:
	fake_free(&f->vm);
	return NULL;
}

static void fake_power_off(struct vm *vm)
{
	if (of(vm)->running && !of(vm)->deaf)
		vm_fake_act(vm, VM_FAKE_POWER_OFF);
}

static void fake_kill(struct vm *vm)
{
	say(of(vm), VM_EVENT_EXITED, VM_EXIT_KILLED, "the machine was killed as asked");
}

static int fake_port_fd(struct vm *vm, size_t index)
{
	return index < VM_PORTS_MAX ? of(vm)->ports[index][0] : -1;
}

static int fake_console_fd(struct vm *vm)
{
	return of(vm)->console[0];
}

int vm_fake_guest_fd(struct vm *vm, size_t index)
{
	return index < VM_PORTS_MAX ? of(vm)->ports[index][1] : -1;
}

int vm_fake_guest_console_fd(struct vm *vm)
{
	return of(vm)->console[1];
}

static pid_t fake_pid(struct vm *vm)
{
	return 0;
}

static enum vm_accel fake_accel(struct vm *vm)
{
	return VM_ACCEL_TCG;
}

const struct vm_driver vm_fake = {
    .name = "fake",
    .check = fake_check,
    .takes_vfio_fds = fake_takes_vfio_fds,
    .command_line = fake_command_line,
    .start = fake_start,
    .power_off = fake_power_off,
    .kill = fake_kill,
    .port_fd = fake_port_fd,
    .console_fd = fake_console_fd,
    .pid = fake_pid,
    .accel = fake_accel,
    .free = fake_free,
};
