/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arguments that take an IPv4 address, which is a number in host byte order.
 */
#include <errno.h>
#include "args.h"
#include "netdef.h"

static int read_ipv4(const struct arg *arg, const char *text, void *member)
{
	uint8_t octets[4];

	if (args_separated(text, 10, '.', octets, sizeof(octets)))
		return -EINVAL;
	args_store(member, arg->size,
		   IPv4(octets[0], octets[1], octets[2], octets[3]));
	return 0;
}

const struct arg_kind arg_ipv4 = {
	.takes = "IPv4 address, such as 192.0.2.1",
	.read = read_ipv4,
};
