/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All packets are the same netbuf, which is sent again and again.
 */
#ifndef FETCH_SHARE_H
#define FETCH_SHARE_H

#include <uk/essentials.h>
#include <uk/netbuf.h>
#include "netbuf.h"
#include "packet.h"

static inline int fetch_init(struct uk_netbuf **primordial __unused,
			     const struct netbuf_shape *shape __unused,
			     const struct packet_args *args __unused)
{
	return 0;
}

static inline void fetch_fill(struct uk_netbuf *pkt __unused,
			      uint16_t len __unused,
			      const struct uk_netbuf *primordial __unused,
			      const struct packet_args *args __unused)
{
	/* It is the same packet each time */
}

#endif /* FETCH_SHARE_H */
