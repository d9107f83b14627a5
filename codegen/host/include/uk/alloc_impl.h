/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For those who implement an allocator.
 */
#ifndef HOST_UK_ALLOC_IMPL_H
#define HOST_UK_ALLOC_IMPL_H

#include <uk/alloc.h>

/* Made from an allocator's own malloc(), free() and posix_memalign(). */
void *uk_calloc_compat(struct uk_alloc *a, __sz nmemb, __sz size);
void *uk_realloc_compat(struct uk_alloc *a, void *ptr, __sz size);
void *uk_memalign_compat(struct uk_alloc *a, __sz align, __sz size);

/**
 * Adds to the list of allocators. It keeps each one reachable: applications
 * never give a pool back, and a leak checker should not hold that against them.
 */
int uk_alloc_register(struct uk_alloc *a);

/**
 * Fills in an allocator that has no page interface, and registers it. The last
 * arguments are maxalloc, availmem and addmem; releases before 0.6 have addmem
 * alone. The host has none, so that it is always (NULL).
 */
#define uk_alloc_init_malloc(a, malloc_f, calloc_f, realloc_f, free_f,	\
			     posix_memalign_f, memalign_f, ...)		\
	do {								\
		(a)->malloc = (malloc_f);				\
		(a)->calloc = (calloc_f);				\
		(a)->realloc = (realloc_f);				\
		(a)->posix_memalign = (posix_memalign_f);		\
		(a)->memalign = (memalign_f);				\
		(a)->free = (free_f);					\
		(a)->maxalloc = HOST_FIRST(__VA_ARGS__, NULL);		\
		(a)->availmem = HOST_SECOND(__VA_ARGS__, NULL, NULL);	\
		uk_alloc_register(a);					\
	} while (0)

#define HOST_FIRST(first, ...)		(first)
#define HOST_SECOND(first, second, ...)	(second)

/* Statistics of an allocator, which are off by default on Unikraft too. */
#define uk_alloc_stats_count_alloc(a, ptr, size)	do { } while (0)
#define uk_alloc_stats_count_enomem(a, size)		do { } while (0)
#define uk_alloc_stats_count_free(a, ptr, size)		do { } while (0)

#endif /* HOST_UK_ALLOC_IMPL_H */
