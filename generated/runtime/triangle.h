/* SPDX-License-Identifier: BSD-3-Clause */
/* A sweep that counts up and down again. */
#ifndef TRIANGLE_H
#define TRIANGLE_H

#include <stdint.h>

/** The n-th number of 0, 1 ... count - 1 and back to 1, again and again */
static inline uint64_t triangle_at(uint64_t n, uint64_t count)
{
	const uint64_t period = count > 1 ? 2 * (count - 1) : 1;
	const uint64_t at = n % period;

	return at < count ? at : period - at;
}

#endif /* TRIANGLE_H */
