/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arguments that take bytes, two hexadecimal digits for each.
 */
#include <errno.h>
#include <string.h>
#include "args.h"

static int read_octets(const struct arg *arg, const char *text, void *member)
{
	uint8_t *octets = member;
	size_t i;
	int high, low;

	if (strlen(text) != 2 * arg->size)
		return -EINVAL;
	for (i = 0; i < arg->size; i++) {
		high = args_digit(text[2 * i], 16);
		low = args_digit(text[2 * i + 1], 16);
		if (high < 0 || low < 0)
			return -EINVAL;
		octets[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

const struct arg_kind arg_octets = {
	.takes = "hexadecimal digits, two for each byte",
	.read = read_octets,
};
