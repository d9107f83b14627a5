/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A cable from the device back to itself.
 *
 * It never loses a frame: when it is full it takes no more, the device's
 * ring fills, and the sender learns that it has to wait.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uk/essentials.h>
#include <uk/print.h>

#include "backend.h"

#define FRAMES_DEFAULT	1024UL
#define FRAMES_MAX	65536UL

struct slot {
	unsigned char *bytes;
	size_t capacity;
	size_t len;
};

struct loop {
	size_t size;
	size_t first;
	size_t count;
	struct slot slots[];
};

static int loop_open(const char *spec, void **state)
{
	unsigned long size = FRAMES_DEFAULT;
	struct loop *loop;
	char *end;

	if (spec) {
		size = strtoul(spec, &end, 10);
		if (*spec < '0' || *spec > '9' || *end
		    || size < 1 || size > FRAMES_MAX) {
			uk_pr_err("device=loop:FRAMES holds 1 to %lu frames, not '%s'\n",
				  FRAMES_MAX, spec);
			return -EINVAL;
		}
	}

	loop = calloc(1, sizeof(*loop) + size * sizeof(loop->slots[0]));
	if (!loop) {
		uk_pr_err("device=loop: no memory for %lu frames\n", size);
		return -ENOMEM;
	}
	loop->size = size;
	*state = loop;
	return 0;
}

static int slot_store(struct slot *slot, const struct host_frame *frame)
{
	unsigned char *bytes;

	if (frame->len > slot->capacity) {
		bytes = realloc(slot->bytes, frame->len);
		if (!bytes)
			return -ENOMEM;
		slot->bytes = bytes;
		slot->capacity = frame->len;
	}
	memcpy(slot->bytes, frame->data, frame->len);
	slot->len = frame->len;
	return 0;
}

static int loop_xmit(void *state, const struct host_frame frames[],
		     unsigned int count)
{
	struct loop *loop = state;
	unsigned int i;
	size_t last;

	for (i = 0; i < count && loop->count < loop->size; i++) {
		last = (loop->first + loop->count) % loop->size;
		if (slot_store(&loop->slots[last], &frames[i])) {
			uk_pr_err("device=loop: no memory for another frame\n");
			return -ENOMEM;
		}
		loop->count++;
	}
	return (int)i;
}

static ssize_t loop_recv(void *state, void *buf, size_t room)
{
	struct loop *loop = state;
	struct slot *slot = &loop->slots[loop->first];

	if (!loop->count)
		return 0;

	loop->first = (loop->first + 1) % loop->size;
	loop->count--;
	if (slot->len <= room)
		memcpy(buf, slot->bytes, slot->len);
	return (ssize_t)slot->len;
}

static int loop_close(void *state)
{
	struct loop *loop = state;
	size_t i;

	for (i = 0; i < loop->size; i++)
		free(loop->slots[i].bytes);
	free(loop);
	return 0;
}

const struct host_backend host_backend_loop = {
	.name = "loop",
	.usage = "loop[:FRAMES]",
	.summary = "receive what is sent",
	.open = loop_open,
	.xmit = loop_xmit,
	.recv = loop_recv,
	.close = loop_close,
};
