/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Clocks: the host's, or one that a test sets. The latter makes rates, and
 * the time stamps of a capture, the same in every run.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdbool.h>
#include <time.h>

#include <host/host.h>
#include <uk/plat/time.h>

static struct {
	bool set;
	__nsec now;
	__nsec step;
} fake;

void host_clock_set(uint64_t now, uint64_t step)
{
	fake.set = true;
	fake.now = now;
	fake.step = step;
}

void host_clock_clear(void)
{
	fake.set = false;
}

static __nsec read_clock(clockid_t id)
{
	struct timespec ts;

	/* Neither of the two clocks that are asked for can fail. */
	clock_gettime(id, &ts);
	return (__nsec)ts.tv_sec * (__nsec)UKARCH_NSEC_PER_SEC
	       + (__nsec)ts.tv_nsec;
}

__nsec ukplat_monotonic_clock(void)
{
	__nsec now;

	if (!fake.set)
		return read_clock(CLOCK_MONOTONIC);

	now = fake.now;
	fake.now += fake.step;
	return now;
}

__nsec ukplat_wall_clock(void)
{
	return fake.set ? fake.now : read_clock(CLOCK_REALTIME);
}
