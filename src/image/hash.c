/*
 * hash: SHA-256, the one hash that the archive's chain of trust and the
 * manifest use.
 *
 * libcrypto computes it; a context that cannot be had means that there is no
 * memory, which ends the program as everywhere in this house.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "image/hash.h"

static EVP_MD_CTX *begin(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (ctx == NULL || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
		abort();
	return ctx;
}

static void end(EVP_MD_CTX *ctx, char dst[HASH_TEXT])
{
	unsigned char sum[EVP_MAX_MD_SIZE];

	if (EVP_DigestFinal_ex(ctx, sum, NULL) != 1)
		abort();
	EVP_MD_CTX_free(ctx);
	str_hex(dst, sum, 32);
}

void hash_data(char dst[HASH_TEXT], const void *data, size_t len)
{
	EVP_MD_CTX *ctx = begin();

	EVP_DigestUpdate(ctx, data, len);
	end(ctx, dst);
}

int hash_fd(char dst[HASH_TEXT], int fd, const char *what, uint64_t *size, struct err *e)
{
	char chunk[1 << 16];
	EVP_MD_CTX *ctx;
	uint64_t total = 0;
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_set(e, errno, "read %s", what);
	ctx = begin();
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			EVP_MD_CTX_free(ctx);
			return err_set(e, errno, "read %s", what);
		}
		EVP_DigestUpdate(ctx, chunk, (size_t)n);
		total += (uint64_t)n;
	}
	end(ctx, dst);
	if (size != NULL)
		*size = total;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_set(e, errno, "read %s", what);
	return 0;
}

bool hash_valid(const char *text)
{
	return strlen(text) == HASH_TEXT - 1 &&
	       strspn(text, "0123456789abcdef") == HASH_TEXT - 1;
}
