/* SPDX-License-Identifier: BSD-3-Clause */
/* Adler-32 of RFC 1950 section 8.2. */
#ifndef CHECKSUM_ADLER32_H
#define CHECKSUM_ADLER32_H

#include "bytes.h"

/** Over len bytes; those from field on are the checksum itself, and zero */
static inline uint32_t csum_adler32(const uint8_t *p, size_t len, size_t field)
{
	/* Frames are too short for the sums to need their modulus before */
	uint64_t low = 1, high = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		low += csum_octet(p, i, field, sizeof(uint32_t));
		high += low;
	}
	return (uint32_t)((high % 65521) << 16 | low % 65521);
}

#endif /* CHECKSUM_ADLER32_H */
