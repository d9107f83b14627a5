/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The default allocator in its fast mode, which is the host's malloc()
 * behind Unikraft's function pointers and nothing else.
 *
 * Where libc and Unikraft differ, this follows Unikraft: nothing is
 * allocated for a size of 0, and an alignment of 0 means "any".
 */
#define _POSIX_C_SOURCE 200809L
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <uk/alloc_impl.h>

#include "alloc_mode.h"

static void *plain_malloc(struct uk_alloc *a __unused, __sz size)
{
	return likely(size) ? malloc(size) : NULL;
}

static void *plain_calloc(struct uk_alloc *a __unused, __sz nmemb, __sz size)
{
	return likely(nmemb && size) ? calloc(nmemb, size) : NULL;
}

static void plain_free(struct uk_alloc *a __unused, void *ptr)
{
	free(ptr);
}

static void *plain_realloc(struct uk_alloc *a, void *ptr, __sz size)
{
	if (size)
		return realloc(ptr, size);

	plain_free(a, ptr);
	return NULL;
}

static int plain_posix_memalign(struct uk_alloc *a __unused, void **memptr,
				__sz align, __sz size)
{
	/* libc checks this too, but a sanitizer's libc ends the process. */
	if (unlikely(!size || !host_alloc_alignment_ok(align)))
		return EINVAL;
	return posix_memalign(memptr, align ? align : sizeof(void *), size);
}

static struct uk_alloc default_alloc = {
	.malloc = plain_malloc,
	.calloc = plain_calloc,
	.realloc = plain_realloc,
	.posix_memalign = plain_posix_memalign,
	.memalign = uk_memalign_compat,
	.free = plain_free,
};

static bool handed_out;

struct uk_alloc *uk_alloc_get_default(void)
{
	handed_out = true;
	return &default_alloc;
}

int host_alloc_replace(const struct uk_alloc *functions)
{
	struct uk_alloc *next = default_alloc.next;

	if (handed_out)
		return -EBUSY;

	default_alloc = *functions;
	default_alloc.next = next;
	return 0;
}

int uk_alloc_register(struct uk_alloc *a)
{
	/*
	 * Next to the first one, and not at the end as on Unikraft: the memory
	 * of the others may be gone, where it was somebody else's.
	 */
	a->next = default_alloc.next;
	default_alloc.next = a;
	return 0;
}

void *uk_calloc_compat(struct uk_alloc *a, __sz nmemb, __sz size)
{
	void *ptr;

	if (unlikely(size && nmemb > SIZE_MAX / size)) {
		errno = ENOMEM;
		return NULL;
	}

	ptr = uk_malloc(a, nmemb * size);
	if (ptr)
		memset(ptr, 0, nmemb * size);
	return ptr;
}

void *uk_realloc_compat(struct uk_alloc *a, void *ptr, __sz size)
{
	void *copy;

	if (!ptr)
		return uk_malloc(a, size);
	if (!size) {
		uk_free(a, ptr);
		return NULL;
	}

	copy = uk_malloc(a, size);
	if (!copy)
		return NULL;
	memcpy(copy, ptr, size);
	uk_free(a, ptr);
	return copy;
}

void *uk_memalign_compat(struct uk_alloc *a, __sz align, __sz size)
{
	void *ptr;

	return uk_posix_memalign(a, &ptr, align, size) ? NULL : ptr;
}
