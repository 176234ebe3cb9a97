/*
 * say: what a hypervisor says on standard error, as events.
 *
 * Each line becomes an event when it is whole; the newest are kept besides, and stand
 * behind the words of an event that tells of a failure.
 */
#include "vm/internal.h"

void vm_say(struct vm *vm, const struct tail *tail, enum vm_event_kind kind, enum vm_exit exit,
    const char *words)
{
	bool failure =
	    kind == VM_EVENT_PAUSED || kind == VM_EVENT_PANICKED ||
	    (kind == VM_EVENT_EXITED && (exit == VM_EXIT_CRASHED || exit == VM_EXIT_REFUSED));
	char last[2048];
	struct buf text = {0};

	tail_text(tail, last, sizeof(last));
	buf_addf(&text, "%s%s%s", words, failure && last[0] != '\0' ? ": " : "",
	    failure ? last : "");
	vm_emit(vm, kind, exit, text.data);
	buf_fini(&text);
}

void vm_say_lines(
    struct vm *vm, struct tail *tail, struct vm_line *line, const char *chunk, size_t len)
{
	tail_add(tail, chunk, len);
	for (size_t i = 0; i < len; i++) {
		if (chunk[i] != '\n') {
			if (line->len < sizeof(line->text) - 1 && chunk[i] != '\0')
				line->text[line->len++] = chunk[i];
			continue;
		}
		line->text[line->len] = '\0';
		if (line->len > 0)
			vm_emit(vm, VM_EVENT_SAID, VM_EXIT_CRASHED, line->text);
		line->len = 0;
	}
}
