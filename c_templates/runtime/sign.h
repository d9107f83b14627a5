/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbers in two's complement: those of fields whose first bit is the sign.
 */
#ifndef SIGN_H
#define SIGN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The number that the lowest bits of v stand for; the others are zero. C leaves
 * shifts of negative numbers and conversions that do not fit to the compiler,
 * so there is none here.
 */
static inline int64_t sign_extended(uint64_t v, unsigned int bits)
{
	const uint64_t sign = (uint64_t)1 << (bits - 1);

	return v & sign ? -(int64_t)(~v & (sign - 1)) - 1 : (int64_t)v;
}

#ifdef __cplusplus
}
#endif

#endif /* SIGN_H */
