/*
 * level: how much a line of a service matters.
 */
#ifndef GUEST_LEVEL_H
#define GUEST_LEVEL_H

#include "base/base.h"

/* The level of a line of that service.  Pure. */
enum log_level line_level(const char *service, const char *text);

#endif
