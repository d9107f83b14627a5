/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When the queue is full: the packet is given back, and the next one is a new
 * one.
 */
#ifndef FULL_DROP_H
#define FULL_DROP_H

#include <uk/essentials.h>
#include <uk/netbuf.h>

static inline struct uk_netbuf *full_next(struct uk_netbuf **kept __unused)
{
	return NULL;
}

static inline int full_keep(struct uk_netbuf **kept __unused,
			    struct uk_netbuf *pkt __unused)
{
	return 0;
}

#endif /* FULL_DROP_H */
