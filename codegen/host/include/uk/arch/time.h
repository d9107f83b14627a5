/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Conversions between nanoseconds, the platform's only unit of time, and
 * the units that people read.
 */
#ifndef HOST_UK_ARCH_TIME_H
#define HOST_UK_ARCH_TIME_H

#include <uk/arch/types.h>

#define UKARCH_NSEC_PER_SEC		((__snsec)1000000000)

#define ukarch_time_nsec_to_sec(ns)	((ns) / UKARCH_NSEC_PER_SEC)
#define ukarch_time_nsec_to_msec(ns)	((ns) / 1000000L)
#define ukarch_time_nsec_to_usec(ns)	((ns) / 1000L)
#define ukarch_time_subsec(ns)		((ns) % UKARCH_NSEC_PER_SEC)

#define ukarch_time_sec_to_nsec(sec)	((sec) * UKARCH_NSEC_PER_SEC)
#define ukarch_time_msec_to_nsec(msec)	((msec) * 1000000L)
#define ukarch_time_usec_to_nsec(usec)	((usec) * 1000L)

#endif /* HOST_UK_ARCH_TIME_H */
