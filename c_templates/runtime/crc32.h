/* SPDX-License-Identifier: BSD-3-Clause */
/* A CRC of 32 bits, least significant bit first, half a byte at a time. */
#ifndef CRC32_H
#define CRC32_H

#include "bytes.h"

/**
 * @param table
 *    What to XOR into the register for each value of the four bits shifted out
 * @param p
 *    Bytes that are covered
 * @param len
 *    How many
 * @param field
 *    Where the CRC itself is among them, which counts as zero
 */
static inline uint32_t crc32_reflected(const uint32_t table[16],
				       const uint8_t *p, size_t len,
				       size_t field)
{
	uint32_t crc = UINT32_MAX;
	size_t i;

	for (i = 0; i < len; i++) {
		crc ^= csum_octet(p, i, field, sizeof(uint32_t));
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

#endif /* CRC32_H */
