/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A wire that is not plugged in: frames are sent, and that is all.
 */
#include <errno.h>

#include <uk/essentials.h>
#include <uk/print.h>

#include "backend.h"

static int null_open(const char *spec, void **state)
{
	if (spec) {
		uk_pr_err("device=null takes nothing behind it, not '%s'\n",
			  spec);
		return -EINVAL;
	}
	*state = NULL;
	return 0;
}

static int null_xmit(void *state __unused,
		     const struct host_frame frames[] __unused,
		     unsigned int count)
{
	return (int)count;
}

static int null_close(void *state __unused)
{
	return 0;
}

const struct host_backend host_backend_null = {
	.name = "null",
	.usage = "null",
	.summary = "drop every frame",
	.open = null_open,
	.xmit = null_xmit,
	.close = null_close,
};
