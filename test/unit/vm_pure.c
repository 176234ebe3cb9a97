/*
 * vm_pure: the decisions of vm/ that need no hypervisor: accelerator, why a
 * machine ended, the last words, which QEMU and which firmware.
 */
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "vm/qemu.h"

#define FLAGS_VMX "processor\t: 0\nflags\t\t: fpu vme vmx sse\nbugs\t\t: x\n"
#define FLAGS_SVM "processor\t: 0\nflags\t\t: fpu svm\n"
#define FLAGS_NONE                                                             \
	"flags\t\t: fpu vme avx512vmx_not nosvm svm_lock\nvmx flags\t: vnmi\n" \
	"flags\t\t: vmx\n"

static void hardware_is_read_from_the_flags(void)
{
	CHECK(accel_has_hardware(FLAGS_VMX));
	CHECK(accel_has_hardware(FLAGS_SVM));
	CHECK(accel_has_hardware("flags\t\t: vmx"));
	CHECK(!accel_has_hardware(FLAGS_NONE));
	CHECK(!accel_has_hardware("vmx flags\t: vmx\nFeatures : vmx\n"));
	CHECK(!accel_has_hardware(""));
	CHECK(!accel_has_hardware("flags"));
}

struct accel_row {
	const char *name;
	enum vm_accel wanted;
	struct accel_facts facts;
	uid_t uid;
	gid_t gid;
	int result;
	enum vm_accel accel;
	gid_t as_gid;
};

static const struct accel_row accel_rows[] = {
    {"hardware, root", VM_ACCEL_AUTO, {true, true, true, 0660, 0, 107}, 0, 0, 0, VM_ACCEL_KVM,
	0},
    {"a trap", VM_ACCEL_AUTO, {false, true, true, 0666, 0, 0}, 0, 0, 0, VM_ACCEL_TCG, 0},
    {"a trap, insisted", VM_ACCEL_KVM, {false, true, true, 0600, 0, 0}, 0, 0, 0, VM_ACCEL_KVM,
	0},
    {"no device", VM_ACCEL_AUTO, {true, false, true, 0, 0, 0}, 0, 0, 0, VM_ACCEL_TCG, 0},
    {"no device, insisted", VM_ACCEL_KVM, {true, false, true, 0, 0, 0}, 0, 0, -1, 0, 0},
    {"closed to us", VM_ACCEL_AUTO, {true, true, false, 0660, 0, 107}, 0, 0, 0, VM_ACCEL_TCG,
	0},
    {"closed to us alone", VM_ACCEL_AUTO, {true, true, false, 0666, 0, 107}, 99, 98, 0,
	VM_ACCEL_KVM, 98},
    {"anyone", VM_ACCEL_AUTO, {true, true, true, 0666, 0, 107}, 99, 98, 0, VM_ACCEL_KVM, 98},
    {"its group", VM_ACCEL_AUTO, {true, true, true, 0660, 0, 107}, 99, 98, 0, VM_ACCEL_KVM,
	107},
    {"in its group", VM_ACCEL_AUTO, {true, true, true, 0660, 0, 98}, 99, 98, 0, VM_ACCEL_KVM,
	98},
    {"root's group", VM_ACCEL_AUTO, {true, true, true, 0660, 0, 0}, 99, 98, 0, VM_ACCEL_TCG,
	98},
    {"root only", VM_ACCEL_AUTO, {true, true, true, 0600, 0, 107}, 99, 98, 0, VM_ACCEL_TCG, 98},
    {"root only, insisted", VM_ACCEL_KVM, {true, true, true, 0600, 0, 107}, 99, 98, -1, 0, 0},
    {"its owner", VM_ACCEL_AUTO, {true, true, true, 0600, 99, 107}, 99, 98, 0, VM_ACCEL_KVM,
	98},
    {"asked not to", VM_ACCEL_TCG, {true, true, true, 0666, 0, 107}, 99, 98, 0, VM_ACCEL_TCG,
	98},
};

static void accelerator_is_chosen(void)
{
	for (size_t i = 0; i < ARRAY_LEN(accel_rows); i++) {
		const struct accel_row *r = &accel_rows[i];
		struct accel_choice choice = {0};
		struct err e = {0};
		int result = accel_choose(r->wanted, &r->facts, r->uid, r->gid, &choice, &e);

		if (result != r->result || choice.accel != r->accel || choice.gid != r->as_gid)
			CHECK_FAIL("%s: %d, %s, group %u", r->name, result,
			    vm_accel_name(choice.accel), choice.gid);
		CHECK((result < 0) == (e.kind == ERR_HOST && e.hint[0] != '\0'));
		CHECK(result < 0 || choice.why != NULL);
	}
}

/* Wait statuses as the kernel packs them. */
#define EXITED(code)  ((code) << 8)
#define SIGNALED(sig) (sig)

static const struct {
	struct end end;
	enum vm_exit exit;
	const char *words;
} end_rows[] = {
    {{.ran = true, .reason = END_GUEST_SHUTDOWN}, VM_EXIT_POWERED_OFF, "powered off"},
    {{.reason = END_GUEST_SHUTDOWN}, VM_EXIT_POWERED_OFF, "powered off"},
    {{.ran = true, .reason = END_GUEST_RESET}, VM_EXIT_RESET, "reboot"},
    {{.ran = true, .reason = END_GUEST_PANIC, .panicked = true}, VM_EXIT_CRASHED, "panicked"},
    {{.ran = true, .reason = END_GUEST_SHUTDOWN, .panicked = true}, VM_EXIT_CRASHED,
	"panicked"},
    {{.ran = true, .reason = END_HOST_SIGNAL}, VM_EXIT_CRASHED, "signal from outside"},
    {{.ran = true, .reason = END_HOST_QUIT}, VM_EXIT_CRASHED, "quit from outside"},
    {{.ran = true, .reason = END_HOST_ERROR}, VM_EXIT_CRASHED, "error of its own"},
    {{.ran = true, .reason = END_OTHER}, VM_EXIT_CRASHED, "unknown reason"},
    {{.ran = true, .status = SIGNALED(SIGSEGV)}, VM_EXIT_CRASHED, "killed by SIGSEGV"},
    {{.ran = true, .status = SIGNALED(SIGKILL)}, VM_EXIT_CRASHED, "killed by SIGKILL"},
    {{.ran = true, .status = EXITED(1)}, VM_EXIT_CRASHED, "exit status 1"},
    {{.ran = true, .status = EXITED(0)}, VM_EXIT_CRASHED, "exit status 0"},
    {{.status = EXITED(1)}, VM_EXIT_REFUSED, "never ran the guest"},
    {{.status = SIGNALED(SIGSYS)}, VM_EXIT_REFUSED, "killed by SIGSYS"},
    {{.killed = true, .ran = true, .status = SIGNALED(SIGKILL)}, VM_EXIT_KILLED, "as asked"},
    {{.killed = true, .status = SIGNALED(SIGKILL)}, VM_EXIT_KILLED, "as asked"},
    /* The guest was quicker than the kill. */
    {{.killed = true, .ran = true, .reason = END_GUEST_SHUTDOWN}, VM_EXIT_POWERED_OFF,
	"powered off"},
    {{.given_up = "no answer", .status = SIGNALED(SIGKILL)}, VM_EXIT_REFUSED, "no answer"},
    {{.given_up = "nonsense", .ran = true, .status = SIGNALED(SIGKILL)}, VM_EXIT_CRASHED,
	"nonsense"},
};

static void ends_are_classified(void)
{
	for (size_t i = 0; i < ARRAY_LEN(end_rows); i++) {
		char text[256];
		enum vm_exit exit = end_classify(&end_rows[i].end, text, sizeof(text));

		if (exit != end_rows[i].exit)
			CHECK_FAIL("row %zu: %d: %s", i, exit, text);
		CHECK_HAS(text, end_rows[i].words);
	}
}

static void reasons_of_qemu_are_known(void)
{
	CHECK_INT(end_reason_parse("guest-shutdown"), END_GUEST_SHUTDOWN);
	CHECK_INT(end_reason_parse("guest-reset"), END_GUEST_RESET);
	CHECK_INT(end_reason_parse("guest-panic"), END_GUEST_PANIC);
	CHECK_INT(end_reason_parse("host-signal"), END_HOST_SIGNAL);
	CHECK_INT(end_reason_parse("host-qmp-quit"), END_HOST_QUIT);
	CHECK_INT(end_reason_parse("subsystem-reset"), END_OTHER);
	CHECK_INT(end_reason_parse(""), END_OTHER);
}

static void tail_joins_lines(void)
{
	struct tail t = {0};
	char text[256];

	CHECK_STR(tail_text(&t, text, sizeof(text)), "");
	tail_add(&t, "\n\n", 2);
	CHECK_STR(tail_text(&t, text, sizeof(text)), "");
	tail_add(&t, "one\r\ntw", 7);
	tail_add(&t, "o\n\nthree \n", 10);
	CHECK_STR(tail_text(&t, text, sizeof(text)), "one | two | three");
}

static void tail_escapes(void)
{
	struct tail t = {0};
	char text[256];

	tail_add(&t, "\x1b[2J\0\xff", 6);
	CHECK_STR(tail_text(&t, text, sizeof(text)), "\\x1b[2J\\x00\\xff");
}

static void tail_keeps_the_last(void)
{
	struct tail t = {0};
	char text[TAIL_BYTES], line[32];

	for (int i = 0; i < 1000; i++) {
		str_format(line, sizeof(line), "line %d\n", i);
		tail_add(&t, line, strlen(line));
	}
	tail_text(&t, text, sizeof(text));
	CHECK(strncmp(text, "line 980 | line 981 |", 21) == 0);
	CHECK_HAS(text, "line 999");
	CHECK(strstr(text, "line 979") == NULL);
	/* Cut at the front, between lines. */
	tail_text(&t, text, 24);
	CHECK_STR(text, "line 998 | line 999");
}

static void tail_survives_one_endless_line(void)
{
	struct tail t = {0};
	char text[256];
	static char much[TAIL_BYTES + 100];

	memset(much, 'x', sizeof(much));
	tail_add(&t, much, 100);
	tail_add(&t, much, sizeof(much));
	tail_add(&t, much, TAIL_BYTES - 1);
	CHECK_INT(t.len, TAIL_BYTES);
	CHECK_INT(strlen(tail_text(&t, text, sizeof(text))), sizeof(text) - 1);
}

static void version_of_qemu_is_read(void)
{
	char v[64];
	struct err e = {0};

	CHECK_INT(qemu_version("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg)\nCopy", v,
		      sizeof(v), &e),
	    0);
	CHECK_STR(v, "QEMU 7.2.22");
	CHECK_INT(qemu_version("QEMU emulator version 10.0.2\n", v, sizeof(v), &e), 0);
	CHECK_STR(v, "QEMU 10.0.2");
	CHECK_INT(qemu_version("QEMU emulator version 4.2.1\n", v, sizeof(v), &e), -1);
	CHECK_INT(e.kind, ERR_HOST);
	CHECK_HAS(e.text, "too old");
	CHECK_INT(qemu_version("", v, sizeof(v), &e), -1);
	CHECK_INT(qemu_version("hello, version 7.2.1", v, sizeof(v), &e), -1);
}

static void version_that_takes_descriptors(void)
{
	CHECK(!vm_qemu.takes_vfio_fds("QEMU 7.2.22"));
	CHECK(!vm_qemu.takes_vfio_fds("QEMU 8.2.0"));
	CHECK(vm_qemu.takes_vfio_fds("QEMU 9.0.0"));
	CHECK(vm_qemu.takes_vfio_fds("QEMU 10.0.13"));
	CHECK(!vm_qemu.takes_vfio_fds(""));
}

static void ids_of_functions_lead_back(void)
{
	static const char *const addresses[] = {"0000:03:00.0", "10000:e1:1f.7"};
	char id[QEMU_PCI_ID], back[16];

	CHECK_STR(qemu_pci_id(id, addresses[0]), "pci-0000.03.00.0");
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++)
		CHECK_STR(qemu_pci_address(back, qemu_pci_id(id, addresses[i])), addresses[i]);
	CHECK_STR(qemu_pci_address(back, "net0"), "");
	CHECK_STR(qemu_pci_address(back, "pci-0000.03.00.0.and.more"), "");
}

static rlim_t soft(void)
{
	struct rlimit limit;

	CHECK_INT(getrlimit(RLIMIT_MEMLOCK, &limit), 0);
	return limit.rlim_cur;
}

/* Memory is locked for a card alone, and no more than the guest has and a little. */
/* A file of that name and content below a directory. */
static void put_file(const char *root, const char *path, const char *text)
{
	char whole[256], dir[256];
	struct err e = {0};

	str_format(whole, sizeof(whole), "%s%s", root, path);
	str_copy(dir, sizeof(dir), whole);
	*strrchr(dir, '/') = '\0';
	CHECK_INT(dir_make(dir, 0755, &e), 0);
	CHECK_INT(file_replace(whole, text, strlen(text), 0644, &e), 0);
}

/* The first bytes of the firmware that is taken. */
static void firmware_is(const char *root, const char *want)
{
	struct err e = {0};
	char got[16] = "";
	auto_fd fd = qemu_firmware_open(root, &e);

	CHECK(fd >= 0 && read(fd, got, sizeof(got) - 1) > 0);
	CHECK_STR(got, want);
}

static void firmware_is_found(void)
{
	char root[] = "/tmp/airlock-vm-XXXXXX", path[256];
	struct err e = {0};

	CHECK(mkdtemp(root) != NULL);
	CHECK_INT(qemu_firmware_open(root, &e), -1);
	CHECK_INT(e.kind, ERR_HOST);
	CHECK_HAS(e.text, "OVMF_CODE_4M.fd");
	CHECK_STR(e.hint, "apt install ovmf");
	put_file(root, "/usr/share/edk2/x64/OVMF_CODE.4m.fd", "arch");
	firmware_is(root, "arch");
	put_file(root, "/usr/share/OVMF/OVMF_CODE.fd", "old");
	firmware_is(root, "old");
	put_file(root, "/usr/share/OVMF/OVMF_CODE_4M.fd", "new");
	firmware_is(root, "new");
	/* One that is there and cannot be read is said, not passed over. */
	str_format(path, sizeof(path), "%s/usr/share/OVMF/OVMF_CODE_4M.fd", root);
	CHECK_INT(unlink(path), 0);
	CHECK_INT(symlink(path, path), 0);
	CHECK_INT(qemu_firmware_open(root, &e), -1);
	CHECK_INT(e.kind, ERR_HOST);
	CHECK_HAS(e.text, "OVMF_CODE_4M.fd: Too many levels");
	CHECK_INT(child_run((const char *[]){"/bin/rm", "-rf", root, NULL}, NULL, NULL, &e), 0);
}

static void memory_is_locked_for_a_card(void)
{
	struct vm_spec s = {.memory_mib = 1};
	const rlim_t bytes = (rlim_t)(1 + VM_LOCKED_MIB) << 20;
	struct host_limits saved;
	struct rlimit limit;
	struct err e = {0};

	CHECK_INT(getrlimit(RLIMIT_MEMLOCK, &limit), 0);
	limit.rlim_cur = MIN(1 << 20, limit.rlim_max);
	CHECK_INT(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
	host_limits_set(&saved, &s);
	CHECK_INT(soft(), 0);
	host_limits_restore(&saved);
	CHECK_INT(soft(), limit.rlim_cur);
	s.pci_count = 1;
	host_limits_set(&saved, &s);
	CHECK_INT(soft(), MIN(bytes, limit.rlim_max));
	host_limits_restore(&saved);
	CHECK_INT(soft(), limit.rlim_cur);
	if (limit.rlim_max >= bytes)
		CHECK_INT(host_limits_check(&s, &e), 0);
	limit = (struct rlimit){0, 1 << 20};
	CHECK_INT(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
	CHECK_INT(host_limits_check(&s, &e), -1);
	CHECK_INT(e.kind, ERR_HOST);
	CHECK_HAS(e.text, "locks 65 MiB of memory, and 1 MiB are allowed");
	s.pci_count = 0;
	CHECK_INT(host_limits_check(&s, &e), 0);
}

int main(void)
{
	RUN(hardware_is_read_from_the_flags);
	RUN(accelerator_is_chosen);
	RUN(ends_are_classified);
	RUN(reasons_of_qemu_are_known);
	RUN(tail_joins_lines);
	RUN(tail_escapes);
	RUN(tail_keeps_the_last);
	RUN(tail_survives_one_endless_line);
	RUN(version_of_qemu_is_read);
	RUN(version_that_takes_descriptors);
	RUN(ids_of_functions_lead_back);
	RUN(firmware_is_found);
	/* Last: it lowers a limit of this process for good. */
	RUN(memory_is_locked_for_a_card);
	return check_done();
}
