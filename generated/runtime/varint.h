/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbers whose size on the wire follows from their value, in a size that is
 * known. Encoded, they are the bytes as one number, the first most significant.
 */
#ifndef VARINT_H
#define VARINT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** RFC 9000 section 16; 1, 2, 4 or 8 bytes, counted in the first two bits */
static inline uint64_t quic_encoded(uint64_t v, unsigned int size)
{
	const uint64_t log = size == 8 ? 3 : size / 2;

	return log << (8 * size - 2) | v;
}

static inline uint64_t quic_decoded(uint64_t v, unsigned int size)
{
	return v & (((uint64_t)1 << (8 * size - 2)) - 1);
}

/** 7 bits a byte, the least significant ones first; the 8th: more follow */
static inline uint64_t leb128_encoded(uint64_t v, unsigned int size)
{
	uint64_t found = 0;
	unsigned int i;

	for (i = 0; i < size; i++) {
		found = found << 8 | (v & 0x7f);
		if (i + 1 < size)
			found |= 0x80;
		v >>= 7;
	}
	return found;
}

static inline uint64_t leb128_decoded(uint64_t v, unsigned int size)
{
	uint64_t found = 0;
	unsigned int i;

	for (i = 0; i < size; i++) {
		found = found << 7 | (v & 0x7f);
		v >>= 8;
	}
	return found;
}

#ifdef __cplusplus
}
#endif

#endif /* VARINT_H */
