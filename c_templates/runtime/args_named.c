/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arguments that take a name, or the number that it stands for.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "args.h"

static int read_named(const struct arg *arg, const char *text, void *member)
{
	const struct arg_name *each;
	uint64_t number = 0;
	const int rc = args_number(text, &number);

	for (each = arg->names; each->name; each++) {
		if (strcmp(text, each->name) == 0 ||
		    (rc == 0 && number == each->value)) {
			args_store(member, arg->size, each->value);
			return 0;
		}
	}
	return -EINVAL;
}

static int allowed_named(const struct arg *arg, char *text, size_t size)
{
	const struct arg_name *each;
	size_t len = 0;
	int n;

	for (each = arg->names; each->name && len < size; each++) {
		n = snprintf(text + len, size - len, "%s %" PRIu64 " %s",
			     len ? "," : "", each->value, each->name);
		if (n < 0)
			return n;
		len += (size_t)n;
	}
	return (int)len;
}

const struct arg_kind arg_named = {
	.takes = "one of",
	.read = read_named,
	.allowed = allowed_named,
};
