/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Allocators are objects: a caller names the one it wants, and reaches its
 * functions through pointers. The default one is backed by the host's
 * malloc().
 *
 * The page interface is left out: no packet generator asks for pages.
 */
#ifndef HOST_UK_ALLOC_H
#define HOST_UK_ALLOC_H

#include <errno.h>

#include <uk/arch/types.h>
#include <uk/assert.h>
#include <uk/config.h>
#include <uk/essentials.h>

struct uk_alloc;

typedef void *(*uk_alloc_malloc_func_t)(struct uk_alloc *a, __sz size);
typedef void *(*uk_alloc_calloc_func_t)(struct uk_alloc *a, __sz nmemb,
					__sz size);
typedef void *(*uk_alloc_realloc_func_t)(struct uk_alloc *a, void *ptr,
					 __sz size);
typedef int (*uk_alloc_posix_memalign_func_t)(struct uk_alloc *a,
					      void **memptr, __sz align,
					      __sz size);
typedef void *(*uk_alloc_memalign_func_t)(struct uk_alloc *a, __sz align,
					  __sz size);
typedef void (*uk_alloc_free_func_t)(struct uk_alloc *a, void *ptr);
typedef __ssz (*uk_alloc_getsize_func_t)(struct uk_alloc *a);

struct uk_alloc {
	uk_alloc_malloc_func_t malloc;
	uk_alloc_calloc_func_t calloc;
	uk_alloc_realloc_func_t realloc;
	uk_alloc_posix_memalign_func_t posix_memalign;
	uk_alloc_memalign_func_t memalign;
	uk_alloc_free_func_t free;

	/* Optional: (NULL) where an allocator cannot tell. */
	uk_alloc_getsize_func_t maxalloc;
	uk_alloc_getsize_func_t availmem;

	/* Next in the list of all allocators. */
	struct uk_alloc *next;
};

struct uk_alloc *uk_alloc_get_default(void);

static inline void *uk_malloc(struct uk_alloc *a, __sz size)
{
	if (unlikely(!a)) {
		errno = ENOMEM;
		return NULL;
	}
	return a->malloc(a, size);
}

static inline void *uk_calloc(struct uk_alloc *a, __sz nmemb, __sz size)
{
	if (unlikely(!a)) {
		errno = ENOMEM;
		return NULL;
	}
	return a->calloc(a, nmemb, size);
}

#define uk_zalloc(a, size)	uk_calloc((a), 1, (size))

static inline void *uk_realloc(struct uk_alloc *a, void *ptr, __sz size)
{
	if (unlikely(!a)) {
		errno = ENOMEM;
		return NULL;
	}
	return a->realloc(a, ptr, size);
}

static inline int uk_posix_memalign(struct uk_alloc *a, void **memptr,
				    __sz align, __sz size)
{
	if (unlikely(!a)) {
		*memptr = NULL;
		return ENOMEM;
	}
	return a->posix_memalign(a, memptr, align, size);
}

static inline void *uk_memalign(struct uk_alloc *a, __sz align, __sz size)
{
	if (unlikely(!a))
		return NULL;
	return a->memalign(a, align, size);
}

static inline void uk_free(struct uk_alloc *a, void *ptr)
{
	UK_ASSERT(a);

	a->free(a, ptr);
}

/** Largest request that could succeed, or a negative error code. */
static inline __ssz uk_alloc_maxalloc(struct uk_alloc *a)
{
	UK_ASSERT(a);

	return a->maxalloc ? a->maxalloc(a) : (__ssz)-ENOTSUP;
}

/** Bytes that are free, or a negative error code. */
static inline __ssz uk_alloc_availmem(struct uk_alloc *a)
{
	UK_ASSERT(a);

	return a->availmem ? a->availmem(a) : (__ssz)-ENOTSUP;
}

#endif /* HOST_UK_ALLOC_H */
