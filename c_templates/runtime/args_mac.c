/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arguments that take a MAC address.
 */
#include "args.h"

static int read_mac(const struct arg *arg, const char *text, void *member)
{
	return args_separated(text, 16, ':', member, arg->size);
}

const struct arg_kind arg_mac = {
	.takes = "MAC address, such as 02:00:00:00:00:01",
	.read = read_mac,
};
