/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reference counts that are safe between threads.
 *
 * Every change is sequentially consistent, setting the first value too.
 * That is stronger than needed, but it is what Unikraft does, and whoever
 * measures here wants to see the price that is paid there.
 */
#ifndef HOST_UK_REFCOUNT_H
#define HOST_UK_REFCOUNT_H

#include <uk/arch/types.h>
#include <uk/assert.h>

#define UK_REFCOUNT_INITIALIZER(val)	{ .counter = (val) }

static inline void uk_refcount_init(__atomic *ref, __u32 value)
{
	UK_ASSERT(ref);

	__atomic_store_n(&ref->counter, value, __ATOMIC_SEQ_CST);
}

static inline __u32 uk_refcount_read(const __atomic *ref)
{
	UK_ASSERT(ref);

	return __atomic_load_n(&ref->counter, __ATOMIC_SEQ_CST);
}

static inline void uk_refcount_acquire(__atomic *ref)
{
	UK_ASSERT(ref);
	UK_ASSERT(ref->counter < __U32_MAX);

	(void)__atomic_fetch_add(&ref->counter, 1, __ATOMIC_SEQ_CST);
}

/** Gives a reference back; 1 if it was the last one, 0 otherwise. */
static inline int uk_refcount_release(__atomic *ref)
{
	__u32 before;

	UK_ASSERT(ref);

	before = __atomic_fetch_sub(&ref->counter, 1, __ATOMIC_SEQ_CST);
	UK_ASSERT(before > 0);
	return before == 1;
}

#endif /* HOST_UK_REFCOUNT_H */
