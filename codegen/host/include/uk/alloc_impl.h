/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For those who implement an allocator.
 */
#ifndef HOST_UK_ALLOC_IMPL_H
#define HOST_UK_ALLOC_IMPL_H

#include <uk/alloc.h>

/* Made from an allocator's own malloc() and posix_memalign(). */
void *uk_calloc_compat(struct uk_alloc *a, __sz nmemb, __sz size);
void *uk_memalign_compat(struct uk_alloc *a, __sz align, __sz size);

/*
 * The list of allocators keeps each one reachable for as long as it lives:
 * applications seldom give a pool back, and a leak checker should not hold
 * that against them.
 */
void uk_alloc_register(struct uk_alloc *a);
void host_alloc_unregister(struct uk_alloc *a);

#endif /* HOST_UK_ALLOC_IMPL_H */
