/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The frame is in its buffer already: only swept fields are written.
 */
#ifndef FETCH_PATCH_H
#define FETCH_PATCH_H

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
	/* The frame is there; what differs is written later */
}

#endif /* FETCH_PATCH_H */
