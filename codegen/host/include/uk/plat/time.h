/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Clocks. A test may replace both of them: see host_clock_set().
 */
#ifndef HOST_UK_PLAT_TIME_H
#define HOST_UK_PLAT_TIME_H

#include <uk/arch/time.h>

/** Nanoseconds since some fixed point in the past; never goes back. */
__nsec ukplat_monotonic_clock(void);

/** Nanoseconds since 1970-01-01 00:00 UTC. */
__nsec ukplat_wall_clock(void);

#endif /* HOST_UK_PLAT_TIME_H */
