/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Assertions. A failed one ends the process by abort(), so that a debugger
 * or a core file shows where, and a test sees a signal and not an exit code
 * that the application could have chosen.
 */
#ifndef HOST_UK_ASSERT_H
#define HOST_UK_ASSERT_H

#include <uk/config.h>
#include <uk/essentials.h>
#include <uk/print.h>

void host_assert_failed(const char *expr, const char *file, int line)
	__noreturn;
void host_crash(const char *fmt, ...) __printf(1, 2) __noreturn;

#if CONFIG_LIBUKDEBUG_ENABLE_ASSERT
#define UK_ASSERT(x)							\
	do {								\
		if (unlikely(!(x)))					\
			host_assert_failed(#x, __FILE__, __LINE__);	\
	} while (0)
#else
/* Not evaluated, but a variable that only an assertion reads is still used. */
#define UK_ASSERT(x)							\
	do {								\
		if (0)							\
			(void)(x);					\
	} while (0)
#endif

#define UK_BUGON(x)	UK_ASSERT(!(x))
#define UK_BUG()	UK_BUGON(1)
#define UK_CRASH(...)	host_crash(__VA_ARGS__)

#define UK_WARNIF(x)							\
	do {								\
		if (unlikely(x))					\
			uk_pr_warn("Condition warning: %s\n", #x);	\
	} while (0)

#endif /* HOST_UK_ASSERT_H */
