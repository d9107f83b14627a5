/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kernel messages. They go to standard error, because standard output is
 * the application's; how much is printed is chosen when the program starts.
 *
 * Debug messages are on hot paths, so that they are compiled in only where
 * UK_DEBUG or CONFIG_LIBUKDEBUG_PRINTD is defined, as on Unikraft.
 */
#ifndef HOST_UK_PRINT_H
#define HOST_UK_PRINT_H

#include <uk/arch/types.h>
#include <uk/essentials.h>

#define KLVL_CRIT	0
#define KLVL_ERR	1
#define KLVL_WARN	2
#define KLVL_INFO	3
/* Unikraft has no such level: it switches debugging when it is built. */
#define KLVL_DEBUG	4

/** Most talkative level that is printed; KLVL_WARN unless changed. */
extern int host_log_level;

void host_printk(int level, const char *fmt, ...) __printf(2, 3);

#define uk_printk(level, ...)						\
	do {								\
		if ((level) <= host_log_level)				\
			host_printk((level), __VA_ARGS__);		\
	} while (0)

#if defined(UK_DEBUG) || defined(CONFIG_LIBUKDEBUG_PRINTD)
#define uk_pr_debug(...)	uk_printk(KLVL_DEBUG, __VA_ARGS__)
#else
/* Never runs, but the compiler still checks the arguments. */
#define uk_pr_debug(...)						\
	do {								\
		if (0)							\
			host_printk(KLVL_DEBUG, __VA_ARGS__);		\
	} while (0)
#endif

#define uk_pr_info(...)		uk_printk(KLVL_INFO, __VA_ARGS__)
#define uk_pr_warn(...)		uk_printk(KLVL_WARN, __VA_ARGS__)
#define uk_pr_err(...)		uk_printk(KLVL_ERR, __VA_ARGS__)
#define uk_pr_crit(...)		uk_printk(KLVL_CRIT, __VA_ARGS__)

#define uk_printk_once(level, ...)					\
	do {								\
		static int host_printed_;				\
									\
		if (!host_printed_) {					\
			host_printed_ = 1;				\
			uk_printk((level), __VA_ARGS__);		\
		}							\
	} while (0)

#define uk_pr_info_once(...)	uk_printk_once(KLVL_INFO, __VA_ARGS__)
#define uk_pr_warn_once(...)	uk_printk_once(KLVL_WARN, __VA_ARGS__)
#define uk_pr_err_once(...)	uk_printk_once(KLVL_ERR, __VA_ARGS__)

#endif /* HOST_UK_PRINT_H */
