/* SPDX-License-Identifier: BSD-3-Clause */
/* Random numbers that follow from a seed and a packet's number alone. */
#ifndef RANDOM_H
#define RANDOM_H

#include "bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The n-th number of SplitMix64, from 0 on: a counter, and its bits mixed
 * (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014)
 */
static inline uint64_t random_at(uint64_t seed, uint64_t n)
{
	uint64_t z = seed + (n + 1) * 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/**
 * The random bytes of the packet with n before it: the numbers of a seed that
 * is the n-th one of its own, each in network order
 */
static inline void random_octets(uint8_t *to, size_t len, uint64_t seed,
				 uint64_t n)
{
	const uint64_t own = random_at(seed, n);
	uint64_t number;
	size_t i;

	for (i = 0; len >= sizeof(number); len -= sizeof(number), i++) {
		put_be64(to, random_at(own, i));
		to += sizeof(number);
	}
	for (number = random_at(own, i); len > 0; len--) {
		*to++ = (uint8_t)(number >> 56);
		number <<= 8;
	}
}

#ifdef __cplusplus
}
#endif

#endif /* RANDOM_H */
