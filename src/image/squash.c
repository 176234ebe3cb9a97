/*
 * squash: writes a squashfs 4.0 image by libsquashfs of squashfs-tools-ng.
 *
 * The image is made in memory, behind the library's own file interface: it is
 * small, the caller wants its hash and its bytes anyway, and errors of the
 * disk then have one place and a plain errno.  Order of writing: super block
 * and compressor options; file data; inodes, children before their directory;
 * directories; fragment and id tables; the super block again, now complete;
 * zeros up to a whole device block.
 *
 * Every time is 0, every owner root, the order is that of the sorted tree and
 * the library keeps the order of blocks whatever its threads do.
 */
#include <fnmatch.h>
#include <string.h>

#include <sqfs/block.h>
#include <sqfs/block_processor.h>
#include <sqfs/block_writer.h>
#include <sqfs/compressor.h>
#include <sqfs/dir_writer.h>
#include <sqfs/error.h>
#include <sqfs/frag_table.h>
#include <sqfs/id_table.h>
#include <sqfs/inode.h>
#include <sqfs/io.h>
#include <sqfs/meta_writer.h>
#include <sqfs/super.h>

#include "image/squash.h"

#define STOPPED   (-1000) /* beside the library's own errors */
#define NO_XATTR  0xFFFFFFFFu
#define WORKERS   2
#define IMAGE_MAX ((size_t)1 << 30)

/* A file of the library that lives in a growing buffer. */
struct memory_file {
	sqfs_file_t file;
	struct buf *out;
};

static int memory_read(sqfs_file_t *file, sqfs_u64 offset, void *dst, size_t size)
{
	struct buf *b = ((struct memory_file *)file)->out;

	if (offset > b->len || size > b->len - offset)
		return SQFS_ERROR_OUT_OF_BOUNDS;
	memcpy(dst, b->data + offset, size);
	return 0;
}

static int memory_resize(sqfs_file_t *file, sqfs_u64 size)
{
	static const char zeros[4096];
	struct buf *b = ((struct memory_file *)file)->out;

	if (size > IMAGE_MAX)
		return SQFS_ERROR_OVERFLOW;
	while (b->len < size)
		buf_add(b, zeros, MIN(sizeof(zeros), size - b->len));
	b->len = size;
	return 0;
}

static int memory_write(sqfs_file_t *file, sqfs_u64 offset, const void *src, size_t size)
{
	struct buf *b = ((struct memory_file *)file)->out;

	if (offset > IMAGE_MAX || size > IMAGE_MAX - offset)
		return SQFS_ERROR_OVERFLOW;
	if (offset + size > b->len)
		memory_resize(file, offset + size);
	memcpy(b->data + offset, src, size);
	return 0;
}

static sqfs_u64 memory_size(const sqfs_file_t *file)
{
	return ((const struct memory_file *)file)->out->len;
}

static void memory_destroy(sqfs_object_t *object)
{
	(void)object; /* it is part of struct writer */
}

/* Everything that one image needs while it is written. */
struct writer {
	const struct tree *tree;
	const struct squash_options *options;
	struct memory_file memory;
	sqfs_super_t super;
	sqfs_compressor_t *compressor;
	sqfs_block_writer_t *blocks;
	sqfs_frag_table_t *fragments;
	sqfs_block_processor_t *processor;
	sqfs_id_table_t *ids;
	sqfs_meta_writer_t *inode_table, *directory_table;
	sqfs_dir_writer_t *directories;
	sqfs_inode_generic_t **inodes; /* of regular files, by node */
	sqfs_u64 *references;          /* where each node's inode was written */
	sqfs_u16 root_id;
};

static int open_compressor(struct writer *w)
{
	int id = sqfs_compressor_id_from_name(w->options->compression), r;
	sqfs_compressor_config_t config;

	if (id < 0)
		return id;
	r = sqfs_compressor_config_init(&config, (SQFS_COMPRESSOR)id, w->options->block, 0);
	if (r == 0 && w->options->level != 0)
		config.level = w->options->level;
	if (r == 0 && id == SQFS_COMP_LZ4)
		config.flags |= SQFS_COMP_FLAG_LZ4_HC;
	if (r == 0)
		r = sqfs_compressor_create(&config, &w->compressor);
	if (r == 0)
		r = sqfs_super_init(&w->super, w->options->block, 0, (SQFS_COMPRESSOR)id);
	return r;
}

static int open_writers(struct writer *w)
{
	sqfs_file_t *file = &w->memory.file;
	sqfs_block_processor_desc_t desc = {.size = sizeof(desc),
	    .max_block_size = w->options->block,
	    .num_workers = WORKERS,
	    .max_backlog = WORKERS * 10,
	    .cmp = w->compressor};

	w->blocks = sqfs_block_writer_create(file, SQFS_DEVBLK_SIZE, 0);
	w->fragments = sqfs_frag_table_create(0);
	w->ids = sqfs_id_table_create(0);
	w->inode_table = sqfs_meta_writer_create(file, w->compressor, 0);
	w->directory_table =
	    sqfs_meta_writer_create(file, w->compressor, SQFS_META_WRITER_KEEP_IN_MEMORY);
	if (w->blocks == NULL || w->fragments == NULL || w->ids == NULL ||
	    w->inode_table == NULL || w->directory_table == NULL)
		return SQFS_ERROR_ALLOC;
	w->directories = sqfs_dir_writer_create(w->directory_table, 0);
	if (w->directories == NULL)
		return SQFS_ERROR_ALLOC;
	desc.wr = w->blocks;
	desc.tbl = w->fragments;
	return sqfs_block_processor_create_ex(&desc, &w->processor);
}

static void close_writers(struct writer *w)
{
	sqfs_destroy(w->processor);
	sqfs_destroy(w->directories);
	sqfs_destroy(w->directory_table);
	sqfs_destroy(w->inode_table);
	sqfs_destroy(w->ids);
	sqfs_destroy(w->fragments);
	sqfs_destroy(w->blocks);
	sqfs_destroy(w->compressor);
	for (size_t i = 0; w->inodes != NULL && i < w->tree->count; i++)
		sqfs_free(w->inodes[i]);
	free(w->inodes);
	free(w->references);
}

static bool is_plain(const struct squash_options *o, const char *path)
{
	for (size_t i = 0; i < o->plain_count; i++)
		if (fnmatch(o->plain[i], path, 0) == 0)
			return true;
	return false;
}

static int write_files(struct writer *w)
{
	uint64_t done = 0, total = tree_bytes(w->tree);
	int r;

	for (size_t i = 0; i < w->tree->count; i++) {
		const struct tree_node *n = &w->tree->nodes[i];
		bool plain = is_plain(w->options, n->path);

		if (!S_ISREG(n->mode))
			continue;
		r = sqfs_block_processor_begin_file(w->processor, &w->inodes[i], NULL,
		    plain ? SQFS_BLK_DONT_COMPRESS | SQFS_BLK_DONT_FRAGMENT : 0);
		if (r == 0 && n->len > 0)
			r = sqfs_block_processor_append(w->processor, n->data, n->len);
		if (r == 0)
			r = sqfs_block_processor_end_file(w->processor);
		if (r != 0)
			return r;
		done += n->len;
		if (w->options->progress != NULL &&
		    !w->options->progress(w->options->arg, done, total))
			return STOPPED;
	}
	return 0;
}

static int write_data(struct writer *w)
{
	int r = write_files(w);
	/* After a failure too: destroying the processor forgets a block that it still holds. */
	int finished = sqfs_block_processor_finish(w->processor);

	return r != 0 ? r : finished;
}

static sqfs_inode_generic_t *link_inode(const struct tree_node *n)
{
	size_t len = strlen(n->target);
	sqfs_inode_generic_t *inode = calloc(1, sizeof(*inode) + len);

	if (inode == NULL)
		return NULL;
	inode->base.type = SQFS_INODE_SLINK;
	inode->data.slink.nlink = 1;
	inode->data.slink.target_size = (sqfs_u32)len;
	inode->payload_bytes_available = inode->payload_bytes_used = (sqfs_u32)len;
	memcpy(inode->extra, n->target, len);
	return inode;
}

static sqfs_inode_generic_t *device_inode(const struct tree_node *n)
{
	sqfs_inode_generic_t *inode = calloc(1, sizeof(*inode));

	if (inode == NULL)
		return NULL;
	inode->base.type = SQFS_INODE_CDEV;
	inode->data.dev.nlink = 1;
	inode->data.dev.devno = n->major << 8 | n->minor;
	return inode;
}

/* Inode numbers are the nodes' places, from 1; the root's parent is none of them. */
static int write_inode(struct writer *w, size_t i, sqfs_inode_generic_t *inode)
{
	sqfs_u64 block;
	sqfs_u32 offset;

	if (inode == NULL)
		return SQFS_ERROR_ALLOC;
	inode->base.mode = (sqfs_u16)w->tree->nodes[i].mode;
	inode->base.uid_idx = inode->base.gid_idx = w->root_id;
	inode->base.mod_time = 0;
	inode->base.inode_number = (sqfs_u32)i + 1;
	sqfs_meta_writer_get_position(w->inode_table, &block, &offset);
	w->references[i] = block << 16 | offset;
	return sqfs_meta_writer_write_inode(w->inode_table, inode);
}

static int write_directory(struct writer *w, size_t dir)
{
	size_t subdirectories = 0;
	sqfs_inode_generic_t *inode;
	int r = sqfs_dir_writer_begin(w->directories, 0);

	for (size_t i = 1; r == 0 && i < w->tree->count; i++) {
		const struct tree_node *n = &w->tree->nodes[i];

		if (tree_parent(w->tree, i) != dir)
			continue;
		subdirectories += S_ISDIR(n->mode) != 0;
		r = sqfs_dir_writer_add_entry(w->directories, tree_name(n), (sqfs_u32)i + 1,
		    w->references[i], (sqfs_u16)n->mode);
	}
	if (r == 0)
		r = sqfs_dir_writer_end(w->directories);
	if (r != 0)
		return r;
	inode = sqfs_dir_writer_create_inode(w->directories, 0, NO_XATTR,
	    dir == 0 ? (sqfs_u32)w->tree->count + 1 : (sqfs_u32)tree_parent(w->tree, dir) + 1);
	/* The library counts every entry as a link; only directories are. */
	if (inode != NULL && inode->base.type == SQFS_INODE_DIR)
		inode->data.dir.nlink = (sqfs_u32)subdirectories + 2;
	r = write_inode(w, dir, inode);
	sqfs_free(inode);
	return r;
}

/* Backwards through the sorted tree every directory comes after its content. */
static int write_inodes(struct writer *w)
{
	int r = 0;

	w->super.inode_table_start = w->memory.out->len;
	for (size_t i = w->tree->count; r == 0 && i-- > 0;) {
		const struct tree_node *n = &w->tree->nodes[i];
		sqfs_inode_generic_t *inode;

		if (S_ISDIR(n->mode)) {
			r = write_directory(w, i);
			continue;
		}
		if (S_ISREG(n->mode)) {
			r = write_inode(w, i, w->inodes[i]);
			continue;
		}
		inode = S_ISLNK(n->mode) ? link_inode(n) : device_inode(n);
		r = write_inode(w, i, inode);
		free(inode);
	}
	if (r == 0)
		r = sqfs_meta_writer_flush(w->inode_table);
	w->super.root_inode_ref = w->references[0];
	w->super.inode_count = (sqfs_u32)w->tree->count;
	return r;
}

static int write_tables(struct writer *w)
{
	sqfs_file_t *file = &w->memory.file;
	int r = sqfs_meta_writer_flush(w->directory_table);

	w->super.directory_table_start = w->memory.out->len;
	if (r == 0)
		r = sqfs_meta_write_write_to_file(w->directory_table);
	if (r == 0)
		r = sqfs_frag_table_write(w->fragments, file, &w->super, w->compressor);
	if (r == 0)
		r = sqfs_id_table_write(w->ids, file, &w->super, w->compressor);
	w->super.flags |= SQFS_FLAG_NO_XATTRS;
	w->super.bytes_used = w->memory.out->len;
	if (r == 0)
		r = sqfs_super_write(&w->super, file);
	if (r == 0 && w->memory.out->len % SQFS_DEVBLK_SIZE != 0)
		r = memory_resize(
		    file, (w->memory.out->len / SQFS_DEVBLK_SIZE + 1) * SQFS_DEVBLK_SIZE);
	return r;
}

static int write_all(struct writer *w)
{
	int r = open_compressor(w);

	if (r == 0)
		r = sqfs_super_write(&w->super, &w->memory.file);
	if (r == 0)
		r = w->compressor->write_options(w->compressor, &w->memory.file);
	if (r > 0)
		w->super.flags |= SQFS_FLAG_COMPRESSOR_OPTIONS;
	if (r >= 0)
		r = open_writers(w);
	if (r == 0)
		r = sqfs_id_table_id_to_index(w->ids, 0, &w->root_id);
	if (r == 0)
		r = write_data(w);
	if (r == 0)
		r = write_inodes(w);
	return r == 0 ? write_tables(w) : r;
}

static const char *reason(int r)
{
	switch (r) {
	case SQFS_ERROR_ALLOC:
		return "out of memory";
	case SQFS_ERROR_COMPRESSOR:
		return "the compressor failed";
	case SQFS_ERROR_UNSUPPORTED:
		return "libsquashfs does not have this compression or block size";
	case SQFS_ERROR_OVERFLOW:
		return "it is too large";
	case SQFS_ERROR_ARG_INVALID:
		return "compression level or block size is out of range";
	}
	return "libsquashfs failed";
}

int squash_write(
    const struct tree *t, const struct squash_options *o, struct buf *out, struct err *e)
{
	struct writer w = {.tree = t,
	    .options = o,
	    .memory = {.file = {.base = {.destroy = memory_destroy},
			   .read_at = memory_read,
			   .write_at = memory_write,
			   .get_size = memory_size,
			   .truncate = memory_resize},
		.out = out}};
	int r;

	w.inodes = calloc(t->count, sizeof(sqfs_inode_generic_t *));
	w.references = calloc(t->count, sizeof(*w.references));
	if (w.inodes == NULL || w.references == NULL)
		abort();
	r = write_all(&w);
	close_writers(&w);
	if (r == STOPPED)
		return err_set(e, 0, "interrupted");
	if (r != 0)
		return err_set(e, 0, "%s (libsquashfs error %d)", reason(r), r);
	return 0;
}
