/*
 * bhyve_end: why a machine under bhyve has ended.
 *
 * bhyve's exit status says it, but not alone.  A guest's power-off and a wrong command
 * line are both 1, a failure at the start and the destruction of a running machine are
 * both 4: whether the guest's processor ever ran tells them apart, and whether the
 * machine's object was still there.  And 1 is also how bhyve ends when it cannot give the
 * card its interrupts, in the middle of a guest's life; then it names the call that
 * failed.  Purely a function of what was seen; every row can be tried without bhyve.
 */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "vm/bhyve.h"

struct verdict {
	enum vm_exit exit;
	const char *words;
};

/* What a status means once the guest has run, and what before. */
static const struct {
	int status;
	struct verdict ran, never;
} statuses[] = {
    {0, {VM_EXIT_RESET, "the guest asked for a reboot"},
	{VM_EXIT_RESET, "the guest asked for a reboot"}},
    {1, {VM_EXIT_POWERED_OFF, "the guest powered off"},
	{VM_EXIT_REFUSED, "bhyve does not take its configuration"}},
    {2, {VM_EXIT_CRASHED, "the guest halted, and would never have gone on"},
	{VM_EXIT_CRASHED, "the guest halted, and would never have gone on"}},
    {3, {VM_EXIT_RESET, "the guest's processor had a triple fault, as some reboots are"},
	{VM_EXIT_RESET,
	    "the guest's processor had a triple fault at its first steps, no reboot"}},
    {4, {VM_EXIT_CRASHED, "bhyve ended after an error"},
	{VM_EXIT_REFUSED, "bhyve could not set the machine up"}},
    {5, {VM_EXIT_CRASHED, "the machine was saved and ended from outside"},
	{VM_EXIT_CRASHED, "the machine was saved and ended from outside"}},
    {64, {VM_EXIT_CRASHED, "bhyve ended with a complaint about its configuration"},
	{VM_EXIT_REFUSED, "bhyve does not take its configuration"}},
    {71, {VM_EXIT_CRASHED, "bhyve ended because the system refused it something"},
	{VM_EXIT_REFUSED, "the system refused bhyve something"}},
    {100, {VM_EXIT_CRASHED, "the guest ended in a way that bhyve does not know"},
	{VM_EXIT_REFUSED, "the guest ended in a way that bhyve does not know"}},
};

/* What a signal means; the others are named. */
static const struct {
	int signal;
	const char *words;
} signals[] = {
    {SIGABRT, "bhyve gave up: the guest did what it cannot emulate"},
    {SIGTERM, "bhyve was ended by SIGTERM from outside, before the guest listened to its "
	      "power button"},
    {SIGKILL, "bhyve was killed by SIGKILL"},
};

/* With these words, and status 1, it ends when a card's interrupts cannot be set up. */
static const char *const interrupts[] = {"vm_setup_pptdev_msi", "vm_disable_pptdev_msix"};

static enum vm_exit signalled(const struct bhyve_end *end, char *text, size_t size)
{
	int signo = WTERMSIG(end->status);

	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		if (signals[i].signal == signo)
			str_copy(text, size, signals[i].words);
	if (text[0] == '\0')
		str_format(text, size, "bhyve was killed by signal %d", signo);
	return end->ran ? VM_EXIT_CRASHED : VM_EXIT_REFUSED;
}

static enum vm_exit exited(const struct bhyve_end *end, char *text, size_t size)
{
	int status = WEXITSTATUS(end->status);

	for (size_t i = 0; i < ARRAY_LEN(interrupts); i++) {
		if (status == 1 && strstr(end->said, interrupts[i]) != NULL) {
			str_copy(text, size, "bhyve could not set up the card's interrupts");
			return VM_EXIT_CRASHED;
		}
	}
	if (status == 4 && end->gone) {
		str_copy(text, size, "the machine was destroyed from outside");
		return VM_EXIT_CRASHED;
	}
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		const struct verdict *v = end->ran ? &statuses[i].ran : &statuses[i].never;

		if (statuses[i].status != status)
			continue;
		str_copy(text, size, v->words);
		return v->exit;
	}
	str_format(text, size, "bhyve ended by itself with exit status %d", status);
	return end->ran ? VM_EXIT_CRASHED : VM_EXIT_REFUSED;
}

static enum vm_exit not_loaded(const struct bhyve_end *end, char *text, size_t size)
{
	if (WIFSIGNALED(end->status))
		str_format(text, size, "the guest's kernel was not loaded: signal %d",
		    WTERMSIG(end->status));
	else
		str_format(text, size, "the guest's kernel was not loaded: exit status %d",
		    WEXITSTATUS(end->status));
	return VM_EXIT_REFUSED;
}

enum vm_exit bhyve_end(const struct bhyve_end *end, char *text, size_t size)
{
	text[0] = '\0';
	if (end->given_up != NULL) {
		str_copy(text, size, end->given_up);
		return end->ran ? VM_EXIT_CRASHED : VM_EXIT_REFUSED;
	}
	if (end->killed) {
		str_copy(text, size, "the machine was killed as asked");
		return VM_EXIT_KILLED;
	}
	if (end->loading)
		return not_loaded(end, text, size);
	if (WIFSIGNALED(end->status))
		return signalled(end, text, size);
	return exited(end, text, size);
}
