/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Buffers from a pool: objects of one size, taken and given back in constant
 * time.
 */
#ifndef BUFFERS_POOL_H
#define BUFFERS_POOL_H

#include <errno.h>
#include <string.h>
#include <uk/alloc.h>
#include <uk/allocpool.h>
#include <uk/essentials.h>
#include <uk/netbuf.h>
#include "event.h"
#include "netbuf.h"
#include "packet.h"

#define BUFFERS_EXHAUSTED	"no object is left; use more objects"

struct buffers {
	struct netbuf_shape shape;
	struct uk_allocpool *pool;
	struct uk_netbuf *netbufs;	/* one for each object */
	uint8_t *objects;		/* the object with the lowest address */
	unsigned int object_shift;	/* objects are 2^object_shift apart */
};

static inline struct uk_netbuf *netbuf_of(const struct buffers *b,
					  const uint8_t *object)
{
	return &b->netbufs[(size_t)(object - b->objects) >> b->object_shift];
}

/* The last reference is gone. This runs inside of uk_netdev_tx_one(). */
static inline void pool_return(struct uk_netbuf *pkt)
{
	uk_allocpool_return(pkt->priv, pkt->buf);
}

/*
 * Chain all objects of the pool, find the one with the lowest address and
 * return how many there are; for the sake of alignment it may be one more.
 */
static inline unsigned int chain_objects(struct buffers *b, uint8_t **first,
					 const uint8_t **highest)
{
	struct uk_alloc *a = uk_allocpool2ukalloc(b->pool);
	uint8_t *object, *last = NULL;
	unsigned int count = 0;

	while ((object = uk_malloc(a, b->shape.buflen))) {
		if (last)
			memcpy(last, &object, sizeof(object));
		else
			*first = object;
		last = object;
		if (!b->objects || object < b->objects)
			b->objects = object;
		if (!*highest || object > *highest)
			*highest = object;
		count++;
	}
	return count;
}

/*
 * Make the netbuf of each object, and give the objects back in the order in
 * which they came: the pool has the one next to itself on top then, which
 * shares its page.
 */
static inline void make_netbufs(struct buffers *b, uint8_t *first,
				unsigned int count)
{
	struct uk_netbuf *pkt;
	uint8_t *object;

	for (; count; count--) {
		object = first;
		memcpy(&first, object, sizeof(first));
		pkt = netbuf_of(b, object);
		uk_netbuf_init_indir(pkt, object, b->shape.buflen,
				     b->shape.headroom, b->pool, pool_return);
		uk_allocpool_return(b->pool, object);
	}
}

/*
 * The pool has as many objects as can be on their way at once. An object is the
 * buffer alone; its netbuf is made once, here, and its destructor gives the
 * object back to the pool. Of one that was sent and freed, only buffers_take()
 * has something to restore. The netbufs lie in a dense array: behind buffers
 * that are aligned to a large power of two, they would all share a few cache
 * sets.
 */
static inline int buffers_init(struct buffers *b, unsigned int count,
			       const struct packet_args *args __unused)
{
	const uint8_t *highest = NULL;
	unsigned int nb_objects = 0;
	uint8_t *first = NULL;
	size_t nb_netbufs;

	b->pool = uk_allocpool_alloc(b->shape.a, count, b->shape.buflen,
				     b->shape.bufalign);
	if (b->pool)
		nb_objects = chain_objects(b, &first, &highest);
	if (nb_objects >= count) {
		while ((size_t)1 << b->object_shift < b->shape.bufalign)
			b->object_shift++;
		nb_netbufs = 1 + ((size_t)(highest - b->objects) >>
				  b->object_shift);
		b->netbufs = uk_calloc(b->shape.a, nb_netbufs,
				       sizeof(*b->netbufs));
	}
	if (!b->netbufs) {
		event_error("memory", "no memory for a pool of %u objects of "
			    "%zu bytes each; give the machine more", count,
			    ALIGN_UP(b->shape.buflen, b->shape.bufalign));
		return -ENOMEM;
	}
	make_netbufs(b, first, nb_objects);
	return 0;
}

static inline void buffers_reserve(struct buffers *b __unused,
				   uint64_t most __unused)
{
}

static inline void buffers_used(struct buffers *b __unused,
				uint64_t sent __unused)
{
}

static inline struct uk_netbuf *buffers_take(struct buffers *b)
{
	uint8_t *object = uk_allocpool_take(b->pool);
	struct uk_netbuf *pkt;

	if (unlikely(!object))
		return NULL;
	pkt = netbuf_of(b, object);
	netbuf_restore(pkt, object + b->shape.headroom, b->shape.len);
	return pkt;
}

static inline void buffers_give_back(struct buffers *b __unused,
				     struct uk_netbuf *pkt)
{
	uk_netbuf_free_single(pkt);
}

/* After a send the netbuf is the driver's, and not accessed again */
static inline void buffers_sent(struct buffers *b __unused,
				struct uk_netbuf *pkt __unused)
{
}

/* Packets may still be on their way: the pool stays */
static inline void buffers_fini(struct buffers *b __unused)
{
}

#endif /* BUFFERS_POOL_H */
