/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arguments that take a number of either sign. Here it is an unsigned one in
 * two's complement: C leaves it to compilers how such a number becomes signed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include "args.h"

#define SIGN	((uint64_t)1 << 63)

/* With their first bits inverted, numbers compare as those of either sign */
static int is_below(uint64_t a, uint64_t b)
{
	return (a ^ SIGN) < (b ^ SIGN);
}

static int read_int(const struct arg *arg, const char *text, void *member)
{
	const int negative = text[0] == '-';
	uint64_t value;

	if (args_number(negative ? text + 1 : text, &value))
		return -EINVAL;
	if (value > (negative ? SIGN : SIGN - 1))
		return -EINVAL;
	if (negative)
		value = 0 - value;
	if (is_below(value, arg->min) || is_below(arg->max, value))
		return -EINVAL;
	args_store(member, arg->size, value);
	return 0;
}

static const char *sign(uint64_t value)
{
	return value & SIGN ? "-" : "";
}

static uint64_t magnitude(uint64_t value)
{
	return value & SIGN ? 0 - value : value;
}

static int allowed_int(const struct arg *arg, char *text, size_t size)
{
	return snprintf(text, size, ", %s%" PRIu64 " to %s%" PRIu64,
			sign(arg->min), magnitude(arg->min),
			sign(arg->max), magnitude(arg->max));
}

const struct arg_kind arg_int = {
	.takes = "number",
	.read = read_int,
	.allowed = allowed_int,
};
