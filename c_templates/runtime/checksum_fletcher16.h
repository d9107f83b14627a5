/* SPDX-License-Identifier: BSD-3-Clause */
/* Fletcher's checksum of RFC 1146, over bytes. */
#ifndef CHECKSUM_FLETCHER16_H
#define CHECKSUM_FLETCHER16_H

#include "bytes.h"

/** Over len bytes; those from field on are the checksum itself, and zero */
static inline uint16_t csum_fletcher16(const uint8_t *p, size_t len,
				       size_t field)
{
	/* Frames are too short for the sums to need their modulus before */
	uint64_t low = 0, high = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		low += csum_octet(p, i, field, sizeof(uint16_t));
		high += low;
	}
	return (uint16_t)((high % 255) << 8 | low % 255);
}

#endif /* CHECKSUM_FLETCHER16_H */
