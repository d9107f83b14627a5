/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What differs from packet to packet. Without a sweep, all functions here are
 * empty, so that the loop is the same.
 */
#ifndef SWEEP_H
#define SWEEP_H

#include <uk/essentials.h>
#include <uk/netbuf.h>
#include <uk/plat/time.h>
#include "packet.h"

#if !PACKET_IS_SWEPT
struct packet_sweep {
	uint8_t none;		/* all packets are alike */
};

static inline void packet_sweep_init(struct packet_sweep *sweep __unused,
				     uint16_t pktlen __unused,
				     const struct packet_args *args __unused)
{
}

static inline void packet_sweep_next(struct packet_sweep *sweep __unused)
{
}
#endif

/* Start with the first packet; len is that of all frames, if they have one */
static inline void sweep_start(struct packet_sweep *sweep, uint16_t len,
			       const struct packet_args *args)
{
#if PACKET_SWEEPS_LENGTH
	len = packet_sweep_length(0);
#endif
	packet_sweep_init(sweep, len, args);
}

/* Bytes of the next frame */
static inline uint16_t sweep_len(const struct packet_sweep *sweep __unused,
				 uint16_t len)
{
#if PACKET_SWEEPS_LENGTH
	len = sweep->pktlen;
#endif
	return len;
}

/* Bytes of all frames that were sent */
static inline uint64_t sweep_bytes(const struct packet_sweep *sweep __unused,
				   uint64_t sent __unused,
				   uint16_t len __unused)
{
#if PACKET_SWEEPS_LENGTH
	return sweep->bytes;
#else
	return sent * packet_frame_len(len);
#endif
}

/* Write what differs into a packet */
static inline void sweep_write(struct packet_sweep *sweep __unused,
			       struct uk_netbuf *pkt __unused)
{
#if PACKET_IS_TIMED
	sweep->now = (uint64_t)ukplat_monotonic_clock();
#endif
#if PACKET_HAS_WALL_TIME
	sweep->wall = (uint64_t)ukplat_wall_clock();
#endif
#if PACKET_IS_SWEPT
	packet_sweep_write(pkt->data, sweep);
#endif
#if PACKET_SWEEPS_LENGTH
	pkt->len = packet_frame_len(sweep->pktlen);
#endif
}

#endif /* SWEEP_H */
