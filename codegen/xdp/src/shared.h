/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the programs in the kernel and the loader share: both see the same
 * memory. The packet has the names of packet.h on both sides.
 */
#ifndef XDP_SHARED_H
#define XDP_SHARED_H

#include <stdint.h>

/* Which received frames do not go on to the kernel's network stack */
enum xdp_take {
	XDP_TAKE_ALL,		/* no frame does */
	XDP_TAKE_MATCHING,	/* those not of the format do */
	XDP_TAKE_NONE,		/* all do */
};

/* Set before the programs are loaded: the verifier knows these numbers */
struct xdp_fixed {
	uint32_t length;	/* bytes of most frames */
};

/* Of one object: a core that sends has one of its own */
struct xdp_state {
	uint64_t made;		/* packets that the interface was given */
	uint64_t failed;	/* that could not be made */
	uint64_t count;		/* how many these may become */
	uint64_t step;		/* from one packet's number to the next one's */
	uint64_t start;		/* of the clock, nanoseconds */
	uint64_t gap;		/* picoseconds a packet; 0: no limit */
	uint64_t due;		/* the next one, picoseconds from the start */
	uint64_t credit;	/* how late one may be, in picoseconds */
	uint32_t interface;
	uint32_t length;	/* of the frame that xdp_write() makes */
	uint32_t take;		/* enum xdp_take */
	uint32_t match;		/* compare received frames with the format */
	uint32_t result;	/* what xdp_parse() found */
	uint32_t verdict;
	struct packet_args args;
#if PACKET_IS_SWEPT
	struct packet_sweep sweep;
#endif
};

#define XDP_RESULTS	(FRAME_CHECKSUM + 1)

/* Bytes that are kept of a frame to be shown */
#define XDP_SHOWN_MAX	2048U

/* What one CPU received */
struct xdp_counts {
	uint64_t received;
	uint64_t bytes;
	uint64_t verdicts[FRAME_VERDICTS];
	uint64_t results[XDP_RESULTS];
	/* The first frame of each verdict but "valid", and its length */
	uint32_t first_length[FRAME_VERDICTS];
	uint8_t first[FRAME_VERDICTS][XDP_SHOWN_MAX];
};

#endif /* XDP_SHARED_H */
