/* SPDX-License-Identifier: BSD-3-Clause */
/* Random numbers that follow from a seed and a packet's number alone. */
#ifndef RANDOM_H
#define RANDOM_H

#include <stdint.h>

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

#endif /* RANDOM_H */
