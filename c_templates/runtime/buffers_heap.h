/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Buffers from the heap: one allocation per packet. Its cost is that of the
 * allocator.
 */
#ifndef BUFFERS_HEAP_H
#define BUFFERS_HEAP_H

#include <uk/essentials.h>
#include <uk/netbuf.h>
#include "netbuf.h"
#include "packet.h"

#define BUFFERS_EXHAUSTED	"no memory is left; give it more"

struct buffers {
	struct netbuf_shape shape;
};

static inline int buffers_init(struct buffers *b __unused,
			       unsigned int count __unused,
			       const struct packet_args *args __unused)
{
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

	pkt = uk_netbuf_alloc_buf(b->shape.a, b->shape.buflen,
				  b->shape.bufalign, b->shape.headroom, 0,
				  NULL);
	if (likely(pkt))
		pkt->len = b->shape.len;
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

static inline void buffers_fini(struct buffers *b __unused)
{
}

#endif /* BUFFERS_HEAP_H */
