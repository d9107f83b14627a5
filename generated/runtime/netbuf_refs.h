/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reference counts of netbufs, where Unikraft's calls cost too much: each of
 * uk_refcount_init(), uk_netbuf_ref() and uk_netbuf_free() is a locked
 * operation. This is the only place that accesses the counter itself; all else
 * uses public calls.
 */
#ifndef NETBUF_REFS_H
#define NETBUF_REFS_H

#include <stddef.h>
#include <stdint.h>
#include <uk/netbuf.h>

#ifdef __cplusplus
extern "C" {
#else
/* On every release the counter is all that there is to a reference count */
_Static_assert(sizeof(((struct uk_netbuf *)0)->refcount) == sizeof(uint32_t) &&
	       sizeof(((struct uk_netbuf *)0)->refcount.counter) ==
	       sizeof(uint32_t),
	       "a reference count is one counter of 32 bits");
#endif

/** Be the only owner of a netbuf to which nobody has a reference */
static inline void netbuf_refs_init(struct uk_netbuf *pkt)
{
	pkt->refcount.counter = 1;
}

/** Take many references at once: one locked operation for all of them */
static inline void netbuf_refs_take(struct uk_netbuf *pkt, uint32_t count)
{
	__atomic_fetch_add(&pkt->refcount.counter, count, __ATOMIC_RELAXED);
}

/** Give references back of which another one is kept */
static inline void netbuf_refs_give_back(struct uk_netbuf *pkt, uint32_t count)
{
	__atomic_fetch_sub(&pkt->refcount.counter, count, __ATOMIC_RELAXED);
}

#ifdef __cplusplus
}
#endif

#endif /* NETBUF_REFS_H */
