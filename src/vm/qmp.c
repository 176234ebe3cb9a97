/*
 * qmp: one line of QEMU's monitor protocol as a struct.
 *
 * A message is a JSON object on a line.  It is a greeting, an answer with the
 * id of its command, or an event; members that are of no use here are not
 * looked at.  QEMU may be in the hands of its guest, so every string is
 * bounded and escaped, every type is checked, and nothing is allocated beyond
 * the parser's own tree, which is gone when the function returns.
 */
#include <jansson.h>
#include <string.h>

#include "vm/qemu.h"
#include "vm/qmp.h"

static void json_cleanup(json_t **json)
{
	json_decref(*json);
}

#define auto_json __attribute__((cleanup(json_cleanup))) json_t *

static const struct {
	const char *name;
	enum qmp_event event;
} events[] = {
    {"SHUTDOWN", QMP_SHUTDOWN},
    {"GUEST_PANICKED", QMP_PANICKED},
    {"STOP", QMP_STOP},
    {"RESUME", QMP_RESUME},
    {"DEVICE_DELETED", QMP_DELETED},
};

static void copy_string(char *dst, size_t size, const json_t *object, const char *key)
{
	const json_t *s = json_object_get(object, key);

	dst[0] = '\0';
	if (json_is_string(s))
		str_escape(dst, size, json_string_value(s), json_string_length(s));
}

static void decode_event(const json_t *top, const char *name, struct qmp_message *m)
{
	const json_t *data;
	char reason[32], id[QEMU_PCI_ID];

	m->kind = QMP_EVENT;
	m->event = QMP_OTHER;
	for (size_t i = 0; i < ARRAY_LEN(events); i++)
		if (strcmp(events[i].name, name) == 0)
			m->event = events[i].event;
	data = json_object_get(top, "data");
	if (m->event == QMP_DELETED) {
		copy_string(id, sizeof(id), data, "device");
		qemu_pci_address(m->address, id);
	}
	if (m->event != QMP_SHUTDOWN)
		return;
	copy_string(reason, sizeof(reason), data, "reason");
	m->reason = end_reason_parse(reason);
}

int qmp_decode(const char *line, size_t len, struct qmp_message *m, struct err *e)
{
	json_error_t why;
	auto_json top = json_loadb(line, len, 0, &why);
	const json_t *id = json_object_get(top, "id"), *part;

	*m = (struct qmp_message){.event = QMP_OTHER};
	if (top == NULL) {
		char text[64], shown[4 * sizeof(text) + 1];

		str_copy(text, sizeof(text), why.text);
		str_escape(shown, sizeof(shown), text, strlen(text));
		return err_set(e, 0, "message of QEMU's monitor: %s", shown);
	}
	if (json_is_integer(id) && json_integer_value(id) > 0)
		m->id = (uint64_t)json_integer_value(id);
	if (json_object_get(top, "QMP") != NULL) {
		m->kind = QMP_GREETING;
	} else if ((part = json_object_get(top, "event")) != NULL && json_is_string(part)) {
		decode_event(top, json_string_value(part), m);
	} else if ((part = json_object_get(top, "error")) != NULL) {
		m->kind = QMP_ERROR;
		copy_string(m->text, sizeof(m->text), part, "desc");
	} else if ((part = json_object_get(top, "return")) != NULL) {
		m->kind = QMP_RETURN;
		m->running = json_is_true(json_object_get(part, "running"));
		copy_string(m->status, sizeof(m->status), part, "status");
	} else {
		return err_set(e, 0, "message of QEMU's monitor: none of the known kinds");
	}
	return 0;
}
