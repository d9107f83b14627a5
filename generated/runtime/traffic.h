/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What was sent and received, and how long it took.
 */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include <stdint.h>
#include <uk/plat/time.h>
#include "packet.h"

/* Counters; bytes are those of the frames */
struct traffic {
	uint64_t sent;
	uint64_t received;
	uint64_t failed;
	uint64_t sent_bytes;
	uint64_t received_bytes;
	uint64_t verdicts[FRAME_VERDICTS];	/* of received frames */
	uint64_t first_received;	/* packets that came first, together */
	uint64_t first_received_bytes;
	__nsec first_at;	/* when they were there */
	__nsec last_at;		/* when none came any more; 0: they still do */
	__nsec elapsed;		/* from the start to the end */
};

#endif /* TRAFFIC_H */
