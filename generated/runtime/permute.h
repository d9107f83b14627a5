/* SPDX-License-Identifier: BSD-3-Clause */
/* A sweep that has each value once, in random order, without a list of them. */
#ifndef PERMUTE_H
#define PERMUTE_H

#include "random.h"

#define PERMUTE_ROUNDS	16

/**
 * The n-th number of 0 to count - 1 in the order that the keys have
 *
 * The swap-or-not shuffle (Hoang, Morris, Rogaway: An enciphering scheme based
 * on a card shuffle, 2012): in each round, numbers with the same sum modulo
 * count are pairs, and a random bit decides whether those of a pair change
 * places. A count of 0 stands for 2^64.
 */
static inline uint64_t permuted_at(uint64_t n, uint64_t count,
				   const uint64_t keys[PERMUTE_ROUNDS])
{
	uint64_t other;
	unsigned int i;

	for (i = 0; i < PERMUTE_ROUNDS; i++) {
		other = n <= keys[i] ? keys[i] - n : count - (n - keys[i]);
		if (random_at(keys[i] + i, n > other ? n : other) >> 63)
			n = other;
	}
	return n;
}

#endif /* PERMUTE_H */
