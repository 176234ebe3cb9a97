/*
 * fetch: transfers by libcurl.
 *
 * A job is one request that begins at the end of what the file already holds.
 * No answer is believed for its content: whoever asked compares a hash.  What
 * matters here is how a transfer ends, because the answer to it differs: try
 * again from where it stopped, take the cached copy, or tell the user.
 * Redirections stay within http and https; file:// is for mirrors on a disk
 * and is accepted from the configuration only.
 */
#include <curl/curl.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/fetch.h"

#define CONNECT_TIMEOUT_S 15L
#define STALL_TIMEOUT_S   30L

struct transfer {
	const struct fetch_job *job;
	uint64_t start; /* bytes that were there before */
	uint64_t at;    /* where the next byte goes */
	int write_errno;
	bool too_long;
};

static size_t on_data(char *data, size_t one, size_t len, void *arg)
{
	struct transfer *t = arg;

	(void)one;
	if (t->at + len > t->job->max) {
		t->too_long = true;
		return 0;
	}
	for (size_t done = 0; done < len;) {
		ssize_t n = pwrite(t->job->fd, data + done, len - done, (off_t)t->at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			t->write_errno = errno;
			return 0;
		}
		done += (size_t)n;
		t->at += (uint64_t)n;
	}
	return len;
}

static int on_progress(
    void *arg, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
	struct transfer *t = arg;

	(void)up_total;
	(void)up_now;
	if (t->job->progress == NULL || now == 0)
		return 0;
	return !t->job->progress(
	    t->job->arg, t->start + (uint64_t)now, total > 0 ? t->start + (uint64_t)total : 0);
}

static enum fetch_result result_of(CURLcode code, long status, bool began)
{
	switch (code) {
	case CURLE_OK:
		return FETCH_OK;
	case CURLE_HTTP_RETURNED_ERROR:
		return status >= 500 || status == 429 ? FETCH_AWAY : FETCH_MISSING;
	case CURLE_FILE_COULDNT_READ_FILE:
	case CURLE_REMOTE_FILE_NOT_FOUND:
		return FETCH_MISSING;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
	case CURLE_TOO_MANY_REDIRECTS:
		return FETCH_REFUSED;
	case CURLE_PARTIAL_FILE:
		return FETCH_CUT;
	case CURLE_ABORTED_BY_CALLBACK:
		return FETCH_STOPPED;
	default: /* libcurl's enum, of a hundred values */
		return began ? FETCH_CUT : FETCH_AWAY;
	}
}

static void set_options(
    CURL *curl, const struct fetch_job *job, struct transfer *t, char *reason)
{
	curl_easy_setopt(curl, CURLOPT_URL, job->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https,file");
	curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 5L);
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, STALL_TIMEOUT_S);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "airlock");
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, t);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)t->start);
}

static enum fetch_result explain(
    const struct transfer *t, CURLcode code, long status, const char *reason, struct err *e)
{
	enum fetch_result r = result_of(code, status, t->at > t->start);

	if (t->write_errno != 0) {
		err_set(e, t->write_errno, "write");
		return FETCH_DISK;
	}
	if (t->too_long) {
		err_set(e, 0, "it is longer than it should be");
		return FETCH_REFUSED;
	}
	if (r == FETCH_STOPPED)
		err_set(e, 0, "interrupted");
	else if (r != FETCH_OK)
		err_set(e, 0, "%s: %s", t->job->url,
		    reason[0] != '\0' ? reason : curl_easy_strerror(code));
	if (r == FETCH_MISSING)
		e->num = ENOENT;
	return r;
}

static enum fetch_result run_once(
    const struct fetch_job *job, uint64_t start, bool *again, struct err *e)
{
	struct transfer t = {.job = job, .start = start, .at = start};
	char reason[CURL_ERROR_SIZE] = "";
	CURL *curl = curl_easy_init();
	enum fetch_result r;
	CURLcode code;
	long status = 0;

	if (curl == NULL)
		abort();
	set_options(curl, job, &t, reason);
	code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	*again = start > 0 && (code == CURLE_RANGE_ERROR || code == CURLE_BAD_DOWNLOAD_RESUME ||
				  status == 416);
	r = explain(&t, code, status, reason, e);
	curl_easy_cleanup(curl);
	return r;
}

enum fetch_result fetch_run(const struct fetch_job *job, struct err *e)
{
	static bool ready;
	enum fetch_result r;
	struct stat st;
	bool again;

	if (!ready && curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		abort();
	ready = true;
	if (fstat(job->fd, &st) < 0) {
		err_set(e, errno, "download");
		return FETCH_DISK;
	}
	r = run_once(job, (uint64_t)st.st_size, &again, e);
	if (!again)
		return r;
	/* The server does not know how to go on, or its file is shorter. */
	if (ftruncate(job->fd, 0) < 0) {
		err_set(e, errno, "download");
		return FETCH_DISK;
	}
	*e = (struct err){0};
	return run_once(job, 0, &again, e);
}
