/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Netbufs made once, each with its frame in it; their destructor gives them
 * back.
 */
#ifndef BUFFERS_RING_H
#define BUFFERS_RING_H

#include <errno.h>
#include <uk/alloc.h>
#include <uk/essentials.h>
#include <uk/netbuf.h>
#include "event.h"
#include "netbuf.h"
#include "packet.h"

#define BUFFERS_EXHAUSTED	"no buffer is left; use more objects"

struct buffers {
	struct netbuf_shape shape;
	struct uk_netbuf *netbufs;	/* in an array of their own */
	struct uk_netbuf **ready;	/* those that are not on their way */
	unsigned int nb_ready;
};

/* The last reference is gone. This runs inside of uk_netdev_tx_one(). */
static inline void ring_return(struct uk_netbuf *pkt)
{
	struct buffers *b = pkt->priv;

	b->ready[b->nb_ready++] = pkt;
}

/*
 * The netbufs have no allocator: when one is freed, its destructor gives it
 * back to the ring. They lie in a dense array, apart from their buffers: behind
 * buffers that are aligned to a large power of two, they would all share a few
 * cache sets.
 */
static inline int buffers_init(struct buffers *b, unsigned int count,
			       const struct packet_args *args)
{
	const size_t stride = ALIGN_UP(b->shape.buflen, b->shape.bufalign);
	struct uk_netbuf *pkt;
	uint8_t *memory;
	unsigned int i;

	memory = uk_memalign(b->shape.a, b->shape.bufalign, count * stride);
	b->netbufs = uk_calloc(b->shape.a, count, sizeof(*b->netbufs));
	b->ready = uk_calloc(b->shape.a, count, sizeof(struct uk_netbuf *));
	if (!memory || !b->netbufs || !b->ready) {
		event_error("memory", "no memory for a ring of %u buffers of "
			    "%zu bytes; give the machine more", count, stride);
		return -ENOMEM;
	}
	for (i = 0; i < count; i++) {
		pkt = &b->netbufs[i];
		uk_netbuf_init_indir(pkt, memory + i * stride, b->shape.buflen,
				     b->shape.headroom, b, ring_return);
		packet_write(pkt->data, b->shape.pktlen, args);
		uk_netbuf_free(pkt);
	}
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
	struct uk_netbuf *pkt;

	if (unlikely(b->nb_ready == 0))
		return NULL;
	pkt = b->ready[--b->nb_ready];
	netbuf_restore(pkt, (uint8_t *)pkt->buf + b->shape.headroom,
		       b->shape.len);
	return pkt;
}

static inline void buffers_give_back(struct buffers *b __unused,
				     struct uk_netbuf *pkt)
{
	uk_netbuf_free_single(pkt);
}

/* After a send the netbuf is the driver's, until its destructor runs */
static inline void buffers_sent(struct buffers *b __unused,
				struct uk_netbuf *pkt __unused)
{
}

/* Packets may still be on their way: the ring stays */
static inline void buffers_fini(struct buffers *b __unused)
{
}

#endif /* BUFFERS_RING_H */
