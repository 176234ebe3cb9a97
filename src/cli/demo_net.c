/*
 * demo_net: namespaces of the host side, and how its network is tried.
 */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/demo.h"

#define PAGE_MAX 65536

int demo_run(struct buf *out, struct err *e, const char *program, ...)
{
	const char *argv[24] = {program};
	size_t n = 1;
	va_list ap;

	va_start(ap, program);
	while (n < ARRAY_LEN(argv) - 1 && (argv[n] = va_arg(ap, const char *)) != NULL)
		n++;
	va_end(ap);
	return child_run(argv, NULL, out, e);
}

/* Copies of the files of /etc that programs on the host side read. */
static int copy_etc(const char *to, struct err *e)
{
	static const char *const names[] = {"passwd", "group", "nsswitch.conf", "hosts",
	    "ld.so.cache", "protocols", "services"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char from[64], path[64];
		struct err missing = {0};
		size_t len;

		str_format(from, sizeof(from), "/etc/%s", names[i]);
		str_format(path, sizeof(path), "%s/%s", to, names[i]);
		auto_free char *text = file_read(from, 4 << 20, &len, &missing);
		if (text != NULL && file_replace(path, text, len, 0644, e) < 0)
			return -1;
	}
	return 0;
}

int demo_isolate(struct err *e)
{
	static const char staging[] = "/mnt";
	char path[64];

	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0)
		return err_set(e, errno, "make namespaces");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("airlock-etc", staging, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=16m") <
		0)
		return err_set(e, errno, "mount an /etc of our own");
	if (copy_etc(staging, e) < 0)
		return -1;
	str_format(path, sizeof(path), "%s/resolv.conf", staging);
	if (file_replace(path, "", 0, 0644, e) < 0)
		return -1;
	if (mount(staging, "/etc", NULL, MS_MOVE, NULL) < 0)
		return err_set(e, errno, "move our /etc into place");
	return demo_run(NULL, e, "ip", "link", "set", "lo", "up", NULL) == 0 ? 0 : -1;
}

int demo_interfaces(struct buf *out, struct err *e)
{
	auto_free char *text = NULL;
	size_t len;

	text = file_read("/proc/self/net/dev", 1 << 16, &len, e);
	if (text == NULL)
		return -1;
	buf_add(out, "", 0);
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		char *colon = strchr(line, ':');

		line += strspn(line, " ");
		if (colon == NULL || strncmp(line, "lo:", 3) == 0)
			continue;
		buf_addf(out, "%s%.*s", out->len > 0 ? " " : "", (int)(colon - line), line);
	}
	return 0;
}

static size_t keep(char *data, size_t size, size_t count, void *arg)
{
	struct buf *body = arg;

	if (body->len + size * count > PAGE_MAX)
		return 0;
	buf_add(body, data, size * count);
	return size * count;
}

static size_t drop(char *data, size_t size, size_t count, void *arg)
{
	*(uint64_t *)arg += size * count;
	return size * count;
}

static size_t zeros(char *data, size_t size, size_t count, void *arg)
{
	memset(data, 0, size * count);
	return size * count;
}

int demo_fetch(const char *url, struct buf *body, struct err *e)
{
	CURL *curl = curl_easy_init();
	CURLcode rc;

	if (curl == NULL)
		return err_set(e, ENOMEM, "fetch %s", url);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 15L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
	rc = curl_easy_perform(curl);
	curl_easy_cleanup(curl);
	return rc == CURLE_OK ? 0 : err_set(e, 0, "fetch %s: %s", url, curl_easy_strerror(rc));
}

double demo_throughput(const char *url, bool upload, unsigned ms, struct err *e)
{
	CURL *curl = curl_easy_init();
	curl_off_t sent = 0;
	uint64_t received = 0;
	double seconds = ms / 1000.0;
	CURLcode rc;

	if (curl == NULL)
		return err_set(e, ENOMEM, "fetch %s", url);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)ms);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &received);
	if (upload) {
		curl_easy_setopt(curl, CURLOPT_POST, 1L);
		curl_easy_setopt(curl, CURLOPT_READFUNCTION, zeros);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)1 << 40);
		curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, 262144L);
	}
	rc = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_SIZE_UPLOAD_T, &sent);
	curl_easy_cleanup(curl);
	/* The time limit is how it is meant to end. */
	if (rc != CURLE_OPERATION_TIMEDOUT)
		return err_set(e, 0, "fetch %s: %s", url, curl_easy_strerror(rc));
	return (upload ? (double)sent : (double)received) * 8 / seconds;
}
