/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One netbuf for all packets: each send takes a reference, not a copy.
 */
#ifndef BUFFERS_SHARED_H
#define BUFFERS_SHARED_H

#include <errno.h>
#include <uk/essentials.h>
#include <uk/netbuf.h>
#include "event.h"
#include "netbuf.h"
#include "netbuf_refs.h"
#include "packet.h"

#define BUFFERS_EXHAUSTED	"there is no packet to send"

/* References taken at once: one locked operation for so many packets */
#define NB_REFS		4096U

struct buffers {
	struct netbuf_shape shape;
	struct uk_netbuf *shared;	/* the one packet that is sent */
	uint32_t nb_refs;		/* references taken and not yet sent */
};

/*
 * All packets are one netbuf. A driver that prepends its header does so in
 * place, writes the same bytes each time, and does not take them back: they are
 * taken back here, after each send.
 */
static inline int buffers_init(struct buffers *b, unsigned int count __unused,
			       const struct packet_args *args)
{
	b->shared = packet_netbuf(b->shape.a, b->shape.bufalign,
				  b->shape.headroom, b->shape.pktlen, args);
	if (b->shared)
		return 0;
	event_error("memory", "no packet can be made: error %d", -errno);
	return -errno;
}

/* Have references for the next packets: a send uses up one */
static inline void buffers_reserve(struct buffers *b, uint64_t most)
{
	while (unlikely(b->nb_refs < most)) {
		netbuf_refs_take(b->shared, NB_REFS);
		b->nb_refs += NB_REFS;
	}
}

static inline void buffers_used(struct buffers *b, uint64_t sent)
{
	b->nb_refs -= (uint32_t)sent;
}

static inline struct uk_netbuf *buffers_take(struct buffers *b)
{
	return b->shared;
}

/* The reference was not used: it is there for the next packet */
static inline void buffers_give_back(struct buffers *b __unused,
				     struct uk_netbuf *pkt __unused)
{
}

/* The sender's own reference keeps the packet from being freed; a driver that
 * prepended its header has moved the data.
 */
static inline void buffers_sent(struct buffers *b, struct uk_netbuf *pkt)
{
	uint8_t *data = (uint8_t *)pkt->buf + b->shape.headroom;

	if (pkt->data != data) {
		pkt->data = data;
		pkt->len = b->shape.len;
	}
}

static inline void buffers_fini(struct buffers *b)
{
	netbuf_refs_give_back(b->shared, b->nb_refs);
	uk_netbuf_free(b->shared);
}

#endif /* BUFFERS_SHARED_H */
