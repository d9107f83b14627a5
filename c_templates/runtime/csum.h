/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sums of the internet checksum (RFC 1071). Ones' complement sums are the
 * same whatever the width of the words that are added and, but for a swap at
 * the end, in either byte order: long runs are added as the machine loads them.
 */
#ifndef CSUM_H
#define CSUM_H

#include "bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Fold a sum of 16-bit words into the checksum of RFC 1071
 *
 * @param sum
 *    Sum of words in host order. Wider addends count as the words that
 *    they consist of, because 2^16 is 1 in ones' complement arithmetic.
 * @return
 *    The complement of the folded sum, in host byte order
 */
static inline uint16_t csum_fold(uint64_t sum)
{
	uint32_t half;

	/* Added to itself with its halves swapped, a sum has in its upper half
	 * the sum of both halves, the carry brought around.
	 */
	sum += (sum << 32) | (sum >> 32);
	half = (uint32_t)(sum >> 32);
	half += (half << 16) | (half >> 16);
	return (uint16_t)~(half >> 16);
}

/* A word as the machine loads it, at any address */
static inline uint64_t csum_word(const uint8_t *p)
{
	uint32_t word;

	__builtin_memcpy(&word, p, sizeof(word));
	return word;
}

/* A sum of words as they were loaded, as one of words in network order */
static inline uint64_t csum_to_network(uint64_t sum)
{
	uint8_t octets[sizeof(sum)];

	__builtin_memcpy(octets, &sum, sizeof(octets));
	return (uint64_t)get_be32(octets) + get_be32(octets + 4);
}

/* Bytes that one step of a long sum takes */
#define CSUM_BLOCK	32U

/*
 * Sum of 16-bit words in network order; an odd last byte is an upper half.
 * Words of 32 bits are added in 64, so that no carry is lost, and into four
 * sums, which processors add at the same time. Always inline: of a constant
 * length, a few loads are left. The kernel's verifier goes through every case
 * there is, and for BPF there are few.
 */
static inline __attribute__((__always_inline__)) uint64_t
csum_add(const uint8_t *p, size_t len)
{
	uint64_t sum = 0;
#ifdef __bpf__
	for (; len >= 2; len -= 2) {
		sum += get_be16(p);
		p += 2;
	}
#else
	uint64_t a = 0, b = 0, c = 0, d = 0;

	for (; len >= CSUM_BLOCK; len -= CSUM_BLOCK) {
		a += csum_word(p) + csum_word(p + 16);
		b += csum_word(p + 4) + csum_word(p + 20);
		c += csum_word(p + 8) + csum_word(p + 24);
		d += csum_word(p + 12) + csum_word(p + 28);
		p += CSUM_BLOCK;
	}
	sum = csum_to_network(a + b + c + d);
	if (len & 16) {
		sum += (uint64_t)get_be32(p) + get_be32(p + 4);
		sum += (uint64_t)get_be32(p + 8) + get_be32(p + 12);
		p += 16;
	}
	if (len & 8) {
		sum += (uint64_t)get_be32(p) + get_be32(p + 4);
		p += 8;
	}
	if (len & 4) {
		sum += get_be32(p);
		p += 4;
	}
	if (len & 2) {
		sum += get_be16(p);
		p += 2;
	}
#endif
	return len & 1 ? sum + ((uint64_t)*p << 8) : sum;
}

/** The same for len bytes that repeat a pattern of size bytes */
static inline uint64_t csum_repeat(const uint8_t *pattern, size_t size,
				   size_t len)
{
	/* Whole words, whatever the pattern's size */
	const size_t period = size % 2 ? 2 * size : size;
	uint64_t whole = 0, rest = 0, half;
	size_t i;

	for (i = 0; i < period; i++) {
		half = (uint64_t)pattern[i % size] << (i % 2 ? 0 : 8);
		whole += half;
		if (i < len % period)
			rest += half;
	}
	return len / period * whole + rest;
}

#ifdef __cplusplus
}
#endif

#endif /* CSUM_H */
