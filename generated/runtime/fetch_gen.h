/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each packet is generated anew: every byte is written.
 */
#ifndef FETCH_GEN_H
#define FETCH_GEN_H

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

static inline void fetch_fill(struct uk_netbuf *pkt, uint16_t len,
			      const struct uk_netbuf *primordial __unused,
			      const struct packet_args *args)
{
	packet_write(pkt->data, len, args);
}

#endif /* FETCH_GEN_H */
