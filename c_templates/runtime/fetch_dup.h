/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One primordial packet is generated; each packet that is sent is a copy of it.
 */
#ifndef FETCH_DUP_H
#define FETCH_DUP_H

#include <errno.h>
#include <uk/essentials.h>
#include <uk/netbuf.h>
#include "netbuf.h"
#include "netdef.h"
#include "packet.h"

static inline int fetch_init(struct uk_netbuf **primordial,
			     const struct netbuf_shape *shape,
			     const struct packet_args *args)
{
	*primordial = packet_netbuf(shape->a, shape->bufalign, shape->headroom,
				    shape->pktlen, args);
	return *primordial ? 0 : -errno;
}

static inline void fetch_fill(struct uk_netbuf *pkt, uint16_t len,
			      const struct uk_netbuf *primordial,
			      const struct packet_args *args __unused)
{
	frame_copy(pkt->data, primordial->data, packet_frame_len(len));
}

#endif /* FETCH_DUP_H */
