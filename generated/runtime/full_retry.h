/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When the queue is full: the packet is held, and is the next one to be sent.
 */
#ifndef FULL_RETRY_H
#define FULL_RETRY_H

#include <stddef.h>
#include <uk/netbuf.h>

static inline struct uk_netbuf *full_next(struct uk_netbuf **kept)
{
	struct uk_netbuf *pkt = *kept;

	*kept = NULL;
	return pkt;
}

static inline int full_keep(struct uk_netbuf **kept, struct uk_netbuf *pkt)
{
	*kept = pkt;
	return 1;
}

#endif /* FULL_RETRY_H */
