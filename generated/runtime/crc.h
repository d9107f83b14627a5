/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CRCs of any width, a byte at a time. A CRC with the most significant bit of
 * each byte first is in the upper bits of its register, any other one in the
 * lower bits. The table has what each value of the byte that leaves the
 * register adds to the rest.
 */
#ifndef CRC_H
#define CRC_H

#include "bytes.h"

static inline uint32_t crc_forward32(const uint32_t table[256], uint32_t crc,
				     const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		crc = crc << 8 ^ table[crc >> 24 ^ p[i]];
	return crc;
}

static inline uint32_t crc_reflected32(const uint32_t table[256], uint32_t crc,
				       const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		crc = crc >> 8 ^ table[(crc ^ p[i]) & 0xff];
	return crc;
}

static inline uint64_t crc_forward64(const uint64_t table[256], uint64_t crc,
				     const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		crc = crc << 8 ^ table[crc >> 56 ^ p[i]];
	return crc;
}

static inline uint64_t crc_reflected64(const uint64_t table[256], uint64_t crc,
				       const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		crc = crc >> 8 ^ table[(crc ^ p[i]) & 0xff];
	return crc;
}

/** The lowest bits of a number in the opposite order */
static inline uint64_t crc_reversed(uint64_t value, unsigned int bits)
{
	uint64_t found = 0;

	for (; bits; bits--) {
		found = found << 1 | (value & 1);
		value >>= 1;
	}
	return found;
}

#endif /* CRC_H */
