/*
 * tree: collects what a file system shall hold before anything is written.
 *
 * Being whole and sorted in memory is what makes the writers simple and their
 * output independent of the order in which packages were opened.  There are no
 * owners and no times: everything is root's and of 1970.
 */
#include <string.h>

#include "image/tree.h"

void tree_fini(struct tree *t)
{
	for (size_t i = 0; i < t->count; i++) {
		free(t->nodes[i].path);
		free(t->nodes[i].own);
	}
	free(t->nodes);
	*t = (struct tree){0};
}

struct tree_node *tree_find(const struct tree *t, const char *path)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->nodes[i].path, path) == 0)
			return &t->nodes[i];
	return NULL;
}

static bool path_valid(const char *path)
{
	if (path[0] == '\0' || strlen(path) > 1000)
		return false;
	for (const char *p = path; *p != '\0'; p += p[0] == '/') {
		size_t n = strcspn(p, "/");

		if (n == 0 || n > 255 || strncmp(p, ".", n) == 0 || strncmp(p, "..", n) == 0)
			return false;
		p += n;
		if (p[0] == '/' && p[1] == '\0')
			return false;
	}
	return true;
}

static bool same(const struct tree_node *a, const struct tree_node *b)
{
	if (a->mode != b->mode || a->len != b->len || a->major != b->major ||
	    a->minor != b->minor)
		return false;
	if (S_ISLNK(a->mode))
		return strcmp(a->target, b->target) == 0;
	if (a->len == 0)
		return true;
	return a->data != NULL && b->data != NULL && memcmp(a->data, b->data, a->len) == 0;
}

static void push(struct tree *t, const char *path, const struct tree_node *node)
{
	if (t->count == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 64;
		t->nodes = reallocarray(t->nodes, t->cap, sizeof(*t->nodes));
		if (t->nodes == NULL)
			abort();
	}
	t->nodes[t->count] = *node;
	t->nodes[t->count].path = strdup(path);
	if (t->nodes[t->count].path == NULL)
		abort();
	t->count++;
}

static int add(struct tree *t, const char *path, const struct tree_node *node, struct err *e)
{
	struct tree_node *old = tree_find(t, path);

	if (!path_valid(path))
		return err_set(e, 0, "%s: not a path inside the image", path);
	if (old != NULL && same(old, node))
		return 0;
	if (old != NULL)
		return err_set(e, 0, "%s: two different files of that name", path);
	push(t, path, node);
	return 0;
}

int tree_add_file(struct tree *t, const char *path, mode_t permissions, const void *data,
    size_t len, const char *package, struct err *e)
{
	return add(t, path,
	    &(struct tree_node){
		.mode = S_IFREG | permissions, .data = data, .len = len, .package = package},
	    e);
}

int tree_add_link(
    struct tree *t, const char *path, const char *target, const char *package, struct err *e)
{
	return add(t, path,
	    &(struct tree_node){.mode = S_IFLNK | 0777, .target = target, .package = package},
	    e);
}

int tree_add_directory(struct tree *t, const char *path, struct err *e)
{
	return add(t, path, &(struct tree_node){.mode = S_IFDIR | 0755}, e);
}

int tree_add_device(struct tree *t, const char *path, mode_t permissions, unsigned major,
    unsigned minor, struct err *e)
{
	return add(t, path,
	    &(struct tree_node){.mode = S_IFCHR | permissions, .major = major, .minor = minor},
	    e);
}

int tree_add_text(struct tree *t, const char *path, const char *text, size_t len, struct err *e)
{
	size_t before = t->count;
	char *own = malloc(len + 1);
	int r;

	if (own == NULL)
		abort();
	if (len > 0)
		memcpy(own, text, len);
	r = tree_add_file(t, path, 0644, own, len, NULL, e);
	if (t->count > before)
		t->nodes[before].own = own;
	else
		free(own);
	return r;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct tree_node *)a)->path, ((const struct tree_node *)b)->path);
}

/* Every directory above a path, top first. */
static int add_parents(struct tree *t, const char *path, struct err *e)
{
	for (const char *p = strchr(path, '/'); p != NULL; p = strchr(p + 1, '/')) {
		char parent[1024];
		struct tree_node *node;

		str_copy(parent, MIN(sizeof(parent), (size_t)(p - path) + 1), path);
		node = tree_find(t, parent);
		if (node != NULL && !S_ISDIR(node->mode))
			return err_set(
			    e, 0, "%s goes through %s, which is no directory", path, parent);
		if (node == NULL && tree_add_directory(t, parent, e) < 0)
			return -1;
	}
	return 0;
}

int tree_finish(struct tree *t, struct err *e)
{
	size_t count = t->count;

	for (size_t i = 0; i < count; i++)
		if (add_parents(t, t->nodes[i].path, e) < 0)
			return -1;
	push(t, "", &(struct tree_node){.mode = S_IFDIR | 0755});
	qsort(t->nodes, t->count, sizeof(*t->nodes), by_path);
	return 0;
}

const char *tree_name(const struct tree_node *node)
{
	const char *slash = strrchr(node->path, '/');

	return slash != NULL ? slash + 1 : node->path;
}

size_t tree_parent(const struct tree *t, size_t i)
{
	const char *name = tree_name(&t->nodes[i]);
	size_t len = (size_t)(name - t->nodes[i].path);

	if (len == 0)
		return 0;
	for (size_t p = 1; p < t->count; p++)
		if (strncmp(t->nodes[p].path, t->nodes[i].path, len - 1) == 0 &&
		    t->nodes[p].path[len - 1] == '\0')
			return p;
	return 0;
}

uint64_t tree_bytes(const struct tree *t)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < t->count; i++)
		bytes += t->nodes[i].len;
	return bytes;
}
