/*
 * priv: both ends of the conversation with root.
 *
 * A request is checked as if it came from an enemy, for the machine process
 * talks to the guest: its size, its verb, and by hostnet_allowed() every field
 * of its operation.  Files are opened by the paths of the command line and of
 * the configuration as read at the start, never by a path from a request.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "daemon/priv.h"
#include "daemon/watch.h"

/* A regular file only: a FIFO in its place would block root for ever. */
static int open_file(const char *path, struct err *e)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return err_set(e, errno, "open %s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(e, 0, "open %s: not a regular file", path);
	return fd_take(&fd);
}

/* An image is the administrator's, in a directory that only root may be able to walk. */
static int open_image(
    const struct priv *p, const struct priv_image *image, char id[16], struct err *e)
{
	struct image_paths paths;
	const char *const files[PRIV_FILES] = {
	    paths.kernel, paths.initrd, paths.root, paths.sim, paths.boot};

	if (image->file >= PRIV_FILES || memchr(image->id, '\0', sizeof(image->id)) == NULL)
		return err_set(e, EINVAL, "file %u of an image", image->file);
	if (image_find(
		p->conf->image.store, image->id[0] != '\0' ? image->id : NULL, &paths, e) < 0)
		return -1;
	str_copy(id, sizeof(image->id), paths.id);
	if (files[image->file][0] == '\0') {
		err_set(e, 0, "image %s has no boot disk for guest.boot = uefi", paths.id);
		err_hint(e, "airlock image build, or guest.boot = direct");
		return err_is(e, ERR_IMAGE);
	}
	return open_file(files[image->file], e);
}

/* What is of the card alone; a simulated radio has none. */
static int card_request(struct priv *p, const struct priv_request *r, int *fd,
    struct priv_reply *reply, struct err *e)
{
	if (!conf_has_card(p->conf))
		return err_set(e, EINVAL, "there is no card");
	reply->present = card_present(&p->card);
	if (r->verb == PRIV_CARD_PRESENT)
		return 0;
	if (r->verb == PRIV_CARD_TAKE)
		return card_take(&p->card, r->card.descriptors != 0, &reply->card, e);
	if (r->verb == PRIV_CARD_GIVE)
		return card_give(&p->card, e);
	*fd = card_descriptor(&p->card, r->card.index, e);
	return *fd < 0 ? -1 : 0;
}

/* The file to be watched is hostnet's to say; it is looked at once more under the watch. */
static int holds(
    struct priv *p, const struct hostnet_op *op, int *fd, uint32_t *answer, struct err *e)
{
	const struct hostnet_driver *d = p->journal.driver;
	const char *file;
	int r;

	if (hostnet_allowed(op, p->conf->host.interface, p->air, e) < 0)
		return -1;
	if (op->kind != HOSTNET_RESOLVER)
		return err_set(e, EINVAL, "watch what is no name server");
	r = d->holds(op, p->journal.state, &file, e);
	if (r >= 0 && file != NULL) {
		*fd = watch_open(file, e);
		r = *fd < 0 ? -1 : d->holds(op, p->journal.state, &file, e);
	}
	*answer = r > 0;
	return r < 0 ? -1 : 0;
}

static int networks(const struct priv *p, struct priv_reply *reply, struct err *e)
{
	ssize_t n = p->journal.driver->networks(
	    p->conf->host.interface, reply->nets, ARRAY_LEN(reply->nets), e);

	reply->net_count = (uint32_t)MAX(n, 0);
	return n < 0 ? -1 : 0;
}

static int carry_out(struct priv *p, const struct priv_request *r, int *fd,
    struct priv_reply *reply, struct err *e)
{
	switch ((enum priv_verb)r->verb) {
	case PRIV_APPLY:
		if (hostnet_allowed(&r->op, p->conf->host.interface, p->air, e) < 0)
			return -1;
		return hostnet_journal_apply(&p->journal, &r->op, fd, e);
	case PRIV_UNDO:
		if (hostnet_allowed(&r->op, p->conf->host.interface, p->air, e) < 0)
			return -1;
		return hostnet_journal_undo(&p->journal, &r->op, e);
	case PRIV_UNDO_ALL:
		return hostnet_journal_undo_all(&p->journal, e);
	case PRIV_HOLDS:
		return holds(p, &r->op, fd, &reply->holds, e);
	case PRIV_NETWORKS:
		return networks(p, reply, e);
	case PRIV_WATCH_ROUTES:
		*fd = p->journal.driver->watch(e);
		return *fd < 0 ? -1 : 0;
	case PRIV_OPEN_SUPPLICANT:
		*fd = open_file(p->conf->supplicant, e);
		return *fd < 0 ? -1 : 0;
	case PRIV_WATCH_SUPPLICANT:
		*fd = watch_open(p->conf->supplicant, e);
		return *fd < 0 ? -1 : 0;
	case PRIV_OPEN_CONF:
		*fd = open_file(p->conf_path, e);
		return *fd < 0 ? -1 : 0;
	case PRIV_OPEN_IMAGE:
		*fd = open_image(p, &r->image, reply->image_id, e);
		if (*fd >= 0)
			str_copy(p->image_id, sizeof(p->image_id), reply->image_id);
		return *fd < 0 ? -1 : 0;
	case PRIV_SOCKET_OPEN:
		*fd = bound_open(&p->bound, r->socket.directory, r->socket.name, e);
		return *fd < 0 ? -1 : 0;
	case PRIV_SOCKET_CLOSE:
		return bound_close(&p->bound, r->socket.directory, r->socket.name, e);
	case PRIV_CARD_TAKE:
	case PRIV_CARD_GIVE:
	case PRIV_CARD_OPEN:
	case PRIV_CARD_PRESENT:
		return card_request(p, r, fd, reply, e);
	case PRIV_MODULES_OUT:
		return modules_out(&p->modules, r->modules.kvm != 0, r->modules.vfio != 0, e);
	case PRIV_MODULES_BACK:
		return modules_back(&p->modules, e) < 0 ? -1 : 0;
	}
	return err_set(e, EINVAL, "privileged request %u", r->verb);
}

int priv_serve(struct priv *p, int sock, struct err *e)
{
	struct priv_request r;
	struct priv_reply reply = {0};
	int stray;
	ssize_t n = unix_recv(sock, &r, sizeof(r), &stray, e);
	auto_fd fd = -1;

	fd_close(&stray);
	if (n <= 0)
		return (int)n;
	if ((size_t)n == sizeof(r))
		reply.rc = carry_out(p, &r, &fd, &reply, &reply.e);
	else
		reply.rc = err_set(&reply.e, EINVAL, "privileged request of %zd bytes", n);
	if (unix_send(sock, &reply, sizeof(reply), fd, e) < 0)
		return -1;
	return 1;
}

static int converse(
    int sock, const struct priv_request *r, struct priv_reply *reply, int *fd, struct err *e)
{
	auto_fd got = -1;
	ssize_t n;

	if (unix_send(sock, r, sizeof(*r), -1, e) < 0)
		return err_ctx(e, "ask the privileged process");
	n = unix_recv(sock, reply, sizeof(*reply), &got, e);
	if (n < 0)
		return err_ctx(e, "ask the privileged process");
	if ((size_t)n != sizeof(*reply))
		return err_set(e, 0, "the privileged process is gone");
	if (reply->rc < 0) {
		*e = reply->e;
		return -1;
	}
	if (fd != NULL)
		*fd = fd_take(&got);
	return 0;
}

int priv_ask(int sock, enum priv_verb verb, const struct hostnet_op *op, int *fd, struct err *e)
{
	struct priv_request r = {.verb = verb};
	struct priv_reply reply;

	if (op != NULL)
		r.op = *op;
	return converse(sock, &r, &reply, fd, e);
}

int priv_holds(int sock, const struct hostnet_op *op, int *fd, struct err *e)
{
	struct priv_request r = {.verb = PRIV_HOLDS, .op = *op};
	struct priv_reply reply = {0};

	if (converse(sock, &r, &reply, fd, e) < 0)
		return -1;
	return reply.holds != 0;
}

ssize_t priv_networks(int sock, struct hostnet_net *nets, size_t max, struct err *e)
{
	struct priv_request r = {.verb = PRIV_NETWORKS};
	struct priv_reply reply = {0};

	if (converse(sock, &r, &reply, NULL, e) < 0)
		return -1;
	if (reply.net_count > MIN(max, ARRAY_LEN(reply.nets)))
		return err_set(e, 0, "this host has more than %zu networks", max);
	memcpy(nets, reply.nets, reply.net_count * sizeof(nets[0]));
	return (ssize_t)reply.net_count;
}

int priv_watch_routes(int sock, struct err *e)
{
	struct priv_request r = {.verb = PRIV_WATCH_ROUTES};
	struct priv_reply reply;
	int fd = -1;

	return converse(sock, &r, &reply, &fd, e) < 0 ? -1 : fd;
}

int priv_open_image(int sock, struct priv_image *image, struct err *e)
{
	struct priv_request r = {.verb = PRIV_OPEN_IMAGE, .image = *image};
	struct priv_reply reply;
	int fd = -1;

	if (converse(sock, &r, &reply, &fd, e) < 0)
		return -1;
	reply.image_id[sizeof(reply.image_id) - 1] = '\0';
	str_copy(image->id, sizeof(image->id), reply.image_id);
	return fd;
}

int priv_socket(
    int sock, enum priv_verb verb, unsigned directory, const char *name, int *fd, struct err *e)
{
	struct priv_request r = {.verb = verb, .socket = {.directory = directory}};
	struct priv_reply reply;

	str_copy(r.socket.name, sizeof(r.socket.name), name);
	return converse(sock, &r, &reply, fd, e);
}

int priv_card_take(int sock, bool descriptors, struct card_info *info, struct err *e)
{
	struct priv_request r = {.verb = PRIV_CARD_TAKE, .card = {.descriptors = descriptors}};
	struct priv_reply reply;

	if (converse(sock, &r, &reply, NULL, e) < 0)
		return -1;
	*info = reply.card;
	return 0;
}

int priv_card_open(int sock, uint32_t index, struct err *e)
{
	struct priv_request r = {.verb = PRIV_CARD_OPEN, .card = {.index = index}};
	struct priv_reply reply;
	int fd = -1;

	return converse(sock, &r, &reply, &fd, e) < 0 ? -1 : fd;
}

int priv_card_present(int sock, struct err *e)
{
	struct priv_request r = {.verb = PRIV_CARD_PRESENT};
	struct priv_reply reply = {0};

	return converse(sock, &r, &reply, NULL, e) < 0 ? -1 : reply.present != 0;
}

int priv_modules_out(int sock, bool kvm, bool vfio, struct err *e)
{
	struct priv_request r = {
	    .verb = PRIV_MODULES_OUT, .modules = {.kvm = kvm, .vfio = vfio}};
	struct priv_reply reply;

	return converse(sock, &r, &reply, NULL, e);
}
