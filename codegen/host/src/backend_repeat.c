/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One frame, received again and again as fast as it is asked for: what a
 * receiver costs, without a sender. What is sent is dropped.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uk/essentials.h>
#include <uk/print.h>

#include "backend.h"

struct repeat {
	size_t len;
	unsigned char frame[];
};

/* A digit's value, or -1 */
static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) : -1;
}

static int repeat_open(const char *spec, void **state)
{
	const size_t len = spec ? strlen(spec) / 2 : 0;
	struct repeat *repeat;
	int high, low;
	size_t i;

	if (!len || len > UINT16_MAX || strlen(spec) % 2) {
		uk_pr_err("device=repeat:HEX takes a frame of 1 to %u bytes, two digits each\n",
			  (unsigned int)UINT16_MAX);
		return -EINVAL;
	}
	repeat = malloc(sizeof(*repeat) + len);
	if (!repeat) {
		uk_pr_err("device=repeat: no memory\n");
		return -ENOMEM;
	}
	repeat->len = len;
	for (i = 0; i < len; i++) {
		high = hex_digit(spec[2 * i]);
		low = hex_digit(spec[2 * i + 1]);
		if (high < 0 || low < 0) {
			uk_pr_err("device=repeat:HEX takes the digits 0 to 9 and a to f, not '%.2s'\n",
				  spec + 2 * i);
			free(repeat);
			return -EINVAL;
		}
		repeat->frame[i] = (unsigned char)(high << 4 | low);
	}
	*state = repeat;
	return 0;
}

static int repeat_xmit(void *state __unused,
		       const struct host_frame frames[] __unused,
		       unsigned int count)
{
	return (int)count;
}

static ssize_t repeat_recv(void *state, void *buf, size_t room)
{
	const struct repeat *repeat = state;

	if (repeat->len <= room)
		memcpy(buf, repeat->frame, repeat->len);
	return (ssize_t)repeat->len;
}

static int repeat_close(void *state)
{
	free(state);
	return 0;
}

const struct host_backend host_backend_repeat = {
	.name = "repeat",
	.usage = "repeat:HEX",
	.summary = "receive this frame again and again",
	.open = repeat_open,
	.xmit = repeat_xmit,
	.recv = repeat_recv,
	.close = repeat_close,
};
