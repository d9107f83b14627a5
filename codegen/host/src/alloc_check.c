/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The default allocator in its checking mode. Bytes that the application
 * forgets to write show up as the poison byte, bytes that it writes outside
 * of its block show up in a guard zone, and memory can be made to run out.
 *
 *	base        block                guard      user            guard
 *	 | alignment | struct alloc_block | before   | size bytes    | after
 *
 * This is the application's own view of its memory. Sanitizers see more,
 * but not inside the objects of a pool, and not in a library that was
 * loaded into a process without them.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <host/host.h>
#include <uk/alloc_impl.h>

#include "alloc_mode.h"

/* A multiple of the largest alignment that malloc() promises. */
#define GUARD_LEN	32
#define GUARD_BYTE	0xfd
#define BLOCK_LIVE	UINT64_C(0x6c6976655f626c6b)
#define POISON_DEFAULT	0xa5

struct alloc_block {
	uint64_t state;
	struct alloc_block *next;
	struct alloc_block *prev;
	void *base;
	__sz size;
	uint64_t reserved;
};

_Static_assert(sizeof(struct alloc_block) % 16 == 0,
	       "the guard zone has to start aligned");

static struct {
	bool on;
	uint8_t poison;
	long fail_after;
	unsigned int damaged;
	struct alloc_block *blocks;
	size_t count;
	size_t bytes;
} state = {
	.poison = POISON_DEFAULT,
	.fail_after = -1,
};

static uint8_t *block_user(struct alloc_block *block)
{
	return (uint8_t *)(block + 1) + GUARD_LEN;
}

static struct alloc_block *user_block(void *user)
{
	void *guard = (uint8_t *)user - GUARD_LEN;

	return (struct alloc_block *)guard - 1;
}

static bool zone_intact(const uint8_t *zone)
{
	unsigned int i;

	for (i = 0; i < GUARD_LEN; i++)
		if (zone[i] != GUARD_BYTE)
			return false;
	return true;
}

static bool block_intact(struct alloc_block *block)
{
	uint8_t *user = block_user(block);
	bool before = zone_intact(user - GUARD_LEN);
	bool after = zone_intact(user + block->size);

	if (!before)
		uk_pr_crit("bytes before a block of %zu bytes at %p were overwritten\n",
			   block->size, (void *)user);
	if (!after)
		uk_pr_crit("bytes behind a block of %zu bytes at %p were overwritten\n",
			   block->size, (void *)user);
	return before && after;
}

static bool failure_is_due(void)
{
	if (state.fail_after < 0)
		return false;
	return state.fail_after-- == 0;
}

static int checked_posix_memalign(struct uk_alloc *a __unused, void **memptr,
				  __sz align, __sz size)
{
	const __sz overhead = sizeof(struct alloc_block) + GUARD_LEN;
	struct alloc_block *block;
	__sz front;
	void *base;
	int rc;

	if (!size || !host_alloc_alignment_ok(align))
		return EINVAL;
	if (failure_is_due())
		return ENOMEM;

	align = MAX(align, 16);
	front = ALIGN_UP(overhead, align);
	if (size > SIZE_MAX - front - GUARD_LEN)
		return ENOMEM;

	rc = posix_memalign(&base, align, front + size + GUARD_LEN);
	if (rc)
		return rc;

	block = user_block((uint8_t *)base + front);
	*block = (struct alloc_block) {
		.state = BLOCK_LIVE,
		.next = state.blocks,
		.base = base,
		.size = size,
	};
	if (state.blocks)
		state.blocks->prev = block;
	state.blocks = block;
	state.count++;
	state.bytes += size;

	*memptr = block_user(block);
	memset((uint8_t *)*memptr - GUARD_LEN, GUARD_BYTE, GUARD_LEN);
	memset(*memptr, state.poison, size);
	memset((uint8_t *)*memptr + size, GUARD_BYTE, GUARD_LEN);
	return 0;
}

static void *checked_malloc(struct uk_alloc *a, __sz size)
{
	void *ptr;
	int rc = checked_posix_memalign(a, &ptr, 0, size);

	if (rc) {
		errno = rc;
		return NULL;
	}
	return ptr;
}

static void checked_free(struct uk_alloc *a __unused, void *ptr)
{
	struct alloc_block *block;

	if (!ptr)
		return;

	block = user_block(ptr);
	if (block->state != BLOCK_LIVE)
		UK_CRASH("%p was freed twice, or never allocated\n", ptr);
	if (!block_intact(block))
		state.damaged++;

	if (block->prev)
		block->prev->next = block->next;
	else
		state.blocks = block->next;
	if (block->next)
		block->next->prev = block->prev;
	state.count--;
	state.bytes -= block->size;

	block->state = 0;
	memset(ptr, state.poison, block->size);
	free(block->base);
}

static void *checked_realloc(struct uk_alloc *a, void *ptr, __sz size)
{
	void *copy = NULL;

	if (size) {
		copy = checked_malloc(a, size);
		if (!copy)
			return NULL;
		if (ptr)
			memcpy(copy, ptr, MIN(size, user_block(ptr)->size));
	}
	checked_free(a, ptr);
	return copy;
}

static const struct uk_alloc checked_functions = {
	.malloc = checked_malloc,
	.calloc = uk_calloc_compat,
	.realloc = checked_realloc,
	.posix_memalign = checked_posix_memalign,
	.memalign = uk_memalign_compat,
	.free = checked_free,
};

static int turn_on(void)
{
	int rc;

	if (state.on)
		return 0;
	rc = host_alloc_replace(&checked_functions);
	state.on = !rc;
	return rc;
}

int host_alloc_poison(uint8_t byte)
{
	int rc = turn_on();

	if (!rc)
		state.poison = byte;
	return rc;
}

int host_alloc_fail_after(long n)
{
	int rc = turn_on();

	if (!rc)
		state.fail_after = n;
	return rc;
}

unsigned int host_alloc_check(void)
{
	unsigned int damaged = state.damaged;
	struct alloc_block *block;

	for (block = state.blocks; block; block = block->next)
		if (!block_intact(block))
			damaged++;
	return damaged;
}

size_t host_alloc_live(void)
{
	return state.count;
}

size_t host_alloc_live_bytes(void)
{
	return state.bytes;
}
