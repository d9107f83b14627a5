/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A rate of sending: as it is asked for, and as the time that a packet takes.
 */
#ifndef RATE_H
#define RATE_H

#include <stdint.h>
#include "args.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A rate as it was asked for */
struct rate {
	uint64_t milli;		/**< packets or bits a second, times 1000 */
	int is_bits;		/**< bits on the wire, not packets */
};

/** Arguments that take a rate, into a struct rate */
extern const struct arg_kind arg_rate;

/**
 * The time that a packet takes at a rate
 *
 * @param rate
 *    Rate
 * @param bits
 *    Bits of a packet on the wire
 * @return
 *    Picoseconds; 0 when there is no limit
 */
uint64_t rate_ps(const struct rate *rate, uint64_t bits);

#ifdef __cplusplus
}
#endif

#endif /* RATE_H */
