/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages and failed assertions.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <host/host.h>
#include <uk/assert.h>
#include <uk/print.h>

int host_log_level = KLVL_WARN;

static const char * const level_names[] = {
	[KLVL_CRIT]  = "critical",
	[KLVL_ERR]   = "error",
	[KLVL_WARN]  = "warning",
	[KLVL_INFO]  = "info",
	[KLVL_DEBUG] = "debug",
};

void host_log_level_set(int level)
{
	host_log_level = level;
}

static void vprint(int level, const char *fmt, va_list ap)
	__printf(2, 0);

static void vprint(int level, const char *fmt, va_list ap)
{
	level = MIN(MAX(level, KLVL_CRIT), KLVL_DEBUG);

	/* What the application printed before should also come before. */
	fflush(stdout);
	fprintf(stderr, "%s: ", level_names[level]);
	vfprintf(stderr, fmt, ap);
}

void host_printk(int level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprint(level, fmt, ap);
	va_end(ap);
}

void host_assert_failed(const char *expr, const char *file, int line)
{
	host_printk(KLVL_CRIT, "Assertion failure: %s (%s:%d)\n", expr, file,
		    line);
	abort();
}

void host_crash(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprint(KLVL_CRIT, fmt, ap);
	va_end(ap);
	abort();
}
