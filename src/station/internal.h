/* internal: what the files of station/ share with nobody else. */
#ifndef STATION_INTERNAL_H
#define STATION_INTERNAL_H

#include "station/station.h"

/*
 * Give a datagram socket an address to which the supplicant can answer; one
 * that is gone with the socket.  The operating system's part.  0, or -1 with *e.
 */
int station_bind(int fd, struct err *e);
/* Before it is closed. */
void station_unbind(int fd);

/* A line of a configuration. */
struct station_line {
	size_t start, end; /* in the text, with its newline */
	const char *text;  /* without spaces around it and without its comment */
	size_t len;        /* 0: nothing but a comment or spaces */
};

/* The line at *at, which moves on.  Returns whether there was one. */
bool station_line_next(const struct station_file *f, size_t *at, struct station_line *out);

/* The value of a line "key=value", or NULL when it is not one of that key. */
const char *station_line_value(const struct station_line *l, const char *key, size_t *len);

#endif
