/*
 * accel: whether to trust /dev/kvm.
 *
 * Purely a function of what the host says, so that every host can be tried on
 * any host; vm_host_look() asks it and puts the answer in words.  The device alone proves
 * nothing: without vmx or svm a software KVM may answer behind it, on which the firmware runs
 * and a stock kernel then hangs.  And a hypervisor that runs as a user of its own must be able
 * to open it: QEMU does that itself, by path.
 */
#include <string.h>
#include <sys/stat.h>

#include "vm/internal.h"

static bool is_word_at(const char *start, const char *at, size_t len)
{
	bool begins = at == start || at[-1] == ' ' || at[-1] == '\t' || at[-1] == ':';

	return begins && strchr(" \t\n", at[len]) != NULL;
}

static bool has_flag(const char *line, const char *end, const char *flag)
{
	size_t len = strlen(flag);

	for (const char *p = line; (p = strstr(p, flag)) != NULL && p + len <= end; p += len)
		if (is_word_at(line, p, len))
			return true;
	return false;
}

bool accel_has_hardware(const char *cpuinfo)
{
	const char *line = cpuinfo;

	/* Not "vmx flags", which lists what vmx itself can do. */
	while (strncmp(line, "flags", 5) != 0) {
		line = strchr(line, '\n');
		if (line == NULL)
			return false;
		line++;
	}
	return has_flag(line, line + strcspn(line, "\n"), "vmx") ||
	       has_flag(line, line + strcspn(line, "\n"), "svm");
}

/* May uid, with the group left in *gid, open the device for both ways? */
static bool may_open(const struct accel_facts *f, uid_t uid, gid_t *gid)
{
	if (uid == 0)
		return f->opens;
	if (f->owner == uid)
		return (f->mode & (S_IRUSR | S_IWUSR)) == (S_IRUSR | S_IWUSR);
	if (f->group == *gid)
		return (f->mode & (S_IRGRP | S_IWGRP)) == (S_IRGRP | S_IWGRP);
	if ((f->mode & (S_IROTH | S_IWOTH)) == (S_IROTH | S_IWOTH))
		return true;
	if ((f->mode & (S_IRGRP | S_IWGRP)) != (S_IRGRP | S_IWGRP) || f->group == 0)
		return false;
	*gid = f->group;
	return true;
}

int accel_choose(enum vm_accel wanted, const struct accel_facts *f, uid_t uid, gid_t gid,
    struct accel_choice *choice, struct err *e)
{
	gid_t kvm_gid = gid;
	const char *obstacle = NULL;

	if (!f->device)
		obstacle = "there is no /dev/kvm that opens";
	else if (!may_open(f, uid, &kvm_gid))
		obstacle = "the hypervisor's user may not open /dev/kvm";
	if (wanted == VM_ACCEL_KVM && obstacle != NULL) {
		err_set(e, 0, "accel = \"kvm\": %s", obstacle);
		err_is(e, ERR_HOST);
		return err_hint(e, "accel = \"auto\" takes what the host has");
	}
	/* Demanded, a /dev/kvm is taken as it is. */
	if (wanted == VM_ACCEL_AUTO && obstacle == NULL && !f->hardware)
		obstacle = "the processor shows neither vmx nor svm";
	if (wanted == VM_ACCEL_TCG || obstacle != NULL) {
		*choice = (struct accel_choice){
		    VM_ACCEL_TCG, gid, obstacle != NULL ? obstacle : "it was asked for"};
		return 0;
	}
	*choice = (struct accel_choice){VM_ACCEL_KVM, kvm_gid, "/dev/kvm can be used"};
	return 0;
}

void vm_host_look(const char *root, uid_t uid, gid_t gid, struct vm_host *out)
{
	struct accel_choice choice = {0};
	struct accel_facts facts;
	struct err ignored = {0};

	*out = (struct vm_host){0};
	host_accel_facts_at(root, &facts);
	out->hardware = facts.hardware;
	out->device = facts.device;
	out->usable = accel_choose(VM_ACCEL_KVM, &facts, uid, gid, &choice, &ignored) == 0;
	if (accel_choose(VM_ACCEL_AUTO, &facts, uid, gid, &choice, &ignored) == 0)
		str_copy(out->why, sizeof(out->why), choice.why);
}
