/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory pools: a fixed number of objects of one size, taken and returned
 * in constant time. The object that was returned last is taken first, while
 * the caches still hold it.
 *
 * A free object's first 16 bytes hold the free list; the rest of it stays
 * as its last owner left it.
 */
#ifndef HOST_UK_ALLOCPOOL_H
#define HOST_UK_ALLOCPOOL_H

#include <uk/alloc.h>

struct uk_allocpool;

/**
 * Bytes that uk_allocpool_init() needs for a pool, wherever they start.
 * obj_align has to be a power of two, here and below: 0 is none.
 */
__sz uk_allocpool_reqmem(unsigned int obj_count, __sz obj_len,
			 __sz obj_align);

/** Makes a pool in memory of another allocator; (NULL) if there is none. */
struct uk_allocpool *uk_allocpool_alloc(struct uk_alloc *parent,
					unsigned int obj_count,
					__sz obj_len, __sz obj_align);

/**
 * Is there to give such a pool back, and crashes, as on Unikraft at least up
 * to 0.17: an allocator cannot be taken from the list of all there. A pool
 * lasts as long as the program.
 */
void uk_allocpool_free(struct uk_allocpool *p);

/**
 * Makes a pool in memory that the caller owns: as many objects as fit.
 * (NULL) if not even the pool's own bookkeeping does. If that does and an
 * aligned object could not even start, nothing may be taken from the pool.
 */
struct uk_allocpool *uk_allocpool_init(void *base, __sz len,
				       __sz obj_len, __sz obj_align);

/**
 * The pool as an allocator. It refuses what is larger than an object, or
 * asks for a larger alignment than the pool was made with.
 */
struct uk_alloc *uk_allocpool2ukalloc(struct uk_allocpool *p);

/** Number of objects that could be taken now. */
unsigned int uk_allocpool_availcount(struct uk_allocpool *p);

/** Size of an object, rounded up to the alignment. */
__sz uk_allocpool_objlen(struct uk_allocpool *p);

/** Takes an object; (NULL) if none is left. */
void *uk_allocpool_take(struct uk_allocpool *p);

/** Takes up to `count` objects, and returns how many. */
unsigned int uk_allocpool_take_batch(struct uk_allocpool *p,
				     void *obj[], unsigned int count);

void uk_allocpool_return(struct uk_allocpool *p, void *obj);

void uk_allocpool_return_batch(struct uk_allocpool *p,
			       void *obj[], unsigned int count);

#endif /* HOST_UK_ALLOCPOOL_H */
