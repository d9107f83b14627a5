/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sending a packet, put together from what the application chose:
 *
 * - buffers_*.h: where buffers come from and go back to. struct buffers has the
 *   shape of a buffer, and what else it takes.
 * - fetch_*.h: how a packet gets into its buffer.
 * - full_*.h: what becomes of a packet when the queue is full.
 * - sink.h: where packets go.
 * - sweep.h: what differs from packet to packet.
 *
 * All of it is inline, so that the loop has the code of these choices alone.
 */
#ifndef SENDER_H
#define SENDER_H

#include <errno.h>
#include <uk/essentials.h>
#include <uk/netbuf.h>
#include <uk/netdev.h>
#include "event.h"
#include "options.h"
#include "packet.h"
#include "sink.h"
#include "strategy.h"
#include "sweep.h"
#include "traffic.h"

/* What sending needs */
struct sender {
	const struct options *opt;
	struct sink sink;
	struct buffers buffers;
	struct uk_netbuf *primordial;	/* what packets are copied from */
	struct uk_netbuf *kept;		/* was not taken, and is sent next */
	struct packet_sweep sweep;	/* what the next packet differs in */
};

/* Can the frames be sent on the device, which is configured? */
static inline int sender_check(const struct options *opt,
			       struct uk_netdev *dev)
{
	const unsigned int most = sink_frame_max(dev);

	if (!(opt->mode & MODE_TX) || packet_frame_len(opt->length) <= most)
		return 0;
	event_error("misuse", "frames of %u bytes are longer than this device "
		    "takes, which is %u; send shorter ones, or choose a device "
		    "with a larger MTU",
		    (unsigned int)packet_frame_len(opt->length), most);
	return -EMSGSIZE;
}

/*
 * Make what is made once. The shape of the buffers is known. A driver that has
 * nb_desc descriptors takes sent packets back only when the next one is handed
 * to it: when every descriptor is in use, there is one packet more.
 */
static inline int sender_init(struct sender *tx, struct uk_netdev *dev,
			      unsigned int nb_desc)
{
	struct netbuf_shape *shape = &tx->buffers.shape;
	unsigned int count = nb_desc + SINK_HELD + 1U;
	int rc;

	tx->sink.dev = dev;
	shape->a = STRATEGY_PARENT;
#ifdef STRATEGY_OBJECTS
	if (count > STRATEGY_OBJECTS) {
		event_error("strategy",
			    "%u objects are too few for this device; "
			    "the strategy needs objects=%u", STRATEGY_OBJECTS,
			    count);
		return -EINVAL;
	}
	count = STRATEGY_OBJECTS;
#endif
#ifdef STRATEGY_OBJECT_SIZE
	if (shape->buflen > STRATEGY_OBJECT_SIZE) {
		event_error("strategy", "objects of %u bytes are too small; "
			    "the strategy needs an object_size of %zu",
			    STRATEGY_OBJECT_SIZE, shape->buflen);
		return -EINVAL;
	}
	shape->buflen = STRATEGY_OBJECT_SIZE;
#endif
	rc = buffers_init(&tx->buffers, count, &tx->opt->packet);
	if (rc < 0)
		return rc;
	rc = fetch_init(&tx->primordial, shape, &tx->opt->packet);
	if (rc < 0) {
		event_error("memory", "no packet can be made: error %d", rc);
		return rc;
	}
	sweep_start(&tx->sweep, shape->pktlen, &tx->opt->packet);
	return 0;
}

static inline void sender_fini(struct sender *tx)
{
	sink_fini(&tx->sink);
	if (tx->kept)
		buffers_give_back(&tx->buffers, tx->kept);
	if (tx->primordial)
		uk_netbuf_free(tx->primordial);
	buffers_fini(&tx->buffers);
}

/* Send one packet: 1 when it was accepted, 0 when the queue is full, a negative
 * error when there was no packet or the device refused it.
 */
static inline int send_one(struct sender *tx, struct traffic *seen)
{
	struct uk_netbuf *pkt;
	int status;

	pkt = full_next(&tx->kept);
	if (!pkt) {
		pkt = buffers_take(&tx->buffers);
		if (unlikely(!pkt)) {
			seen->failed++;
			return -ENOMEM;
		}
		fetch_fill(pkt, sweep_len(&tx->sweep, tx->buffers.shape.pktlen),
			   tx->primordial, &tx->opt->packet);
	}
	sweep_write(&tx->sweep, pkt);

	status = sink_put(&tx->sink, pkt);
	if (likely(uk_netdev_status_successful(status))) {
		buffers_sent(&tx->buffers, pkt);
		packet_sweep_next(&tx->sweep);
		return 1;
	}
	/* The device did not take it, so it is still ours, and as it was */
	if (status >= 0 && full_keep(&tx->kept, pkt))
		return 0;
	buffers_give_back(&tx->buffers, pkt);
	seen->failed++;
	return status < 0 ? status : 0;
}

/*
 * Send packets, not more than most, and return how many were accepted; rc gets
 * the last result of send_one(). Stops early when the queue is full or nothing
 * can be sent. What changes with each packet stays in registers here: the
 * locked operation on a netbuf's reference count waits for every store before
 * it.
 */
static inline uint64_t send_some(struct sender *tx, struct traffic *seen,
				 uint64_t most, int *rc)
{
	uint64_t sent = 0;

	*rc = 1;
	buffers_reserve(&tx->buffers, most);
	while (sent < most) {
		*rc = send_one(tx, seen);
		if (unlikely(*rc <= 0))
			break;
		sent++;
	}
	buffers_used(&tx->buffers, sent);
	seen->sent += sent;
	return sent;
}

#endif /* SENDER_H */
