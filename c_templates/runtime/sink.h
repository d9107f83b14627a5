/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where packets go: to the device or, to see what they cost without one,
 * nowhere. The build configuration chooses.
 */
#ifndef SINK_H
#define SINK_H

#include <uk/essentials.h>
#include <uk/netbuf.h>
#include <uk/netdev.h>
#include "device.h"
#include "netdef.h"

struct sink {
	struct uk_netdev *dev;
#if CONFIG_APPPKTGEN_SINK_WINDOW
	struct uk_netbuf *window[CONFIG_APPPKTGEN_SINK_WINDOW];
	unsigned int window_next;
#endif
};

/*
 * sink_put() takes a packet; it returns a status as uk_netdev_tx_one() does.
 * sink_frame_max() is the length of the longest frame that is taken.
 * sink_fini() gives back what is held, which is not more than SINK_HELD.
 */
#if CONFIG_APPPKTGEN_SINK_FREE
/* Free each packet at once; none is chained */
#define SINK_HELD	0U

static inline int sink_put(struct sink *sink __unused, struct uk_netbuf *pkt)
{
	uk_netbuf_free_single(pkt);
	return UK_NETDEV_STATUS_SUCCESS | UK_NETDEV_STATUS_MORE;
}
#elif CONFIG_APPPKTGEN_SINK_WINDOW
/* Hold the last packets, and move their data as a virtio device does */
#define SINK_HELD	CONFIG_APPPKTGEN_SINK_WINDOW

static inline int sink_put(struct sink *sink, struct uk_netbuf *pkt)
{
	struct uk_netbuf **slot = &sink->window[sink->window_next];
	const uint8_t *data = pkt->data;

	if (++sink->window_next == CONFIG_APPPKTGEN_SINK_WINDOW)
		sink->window_next = 0;
	if (likely(*slot))
		uk_netbuf_free_single(*slot);
	*slot = pkt;
	pkt->len = (uint16_t)(pkt->len + (data - (uint8_t *)pkt->buf));
	pkt->data = pkt->buf;
	return UK_NETDEV_STATUS_SUCCESS | UK_NETDEV_STATUS_MORE;
}
#else
/* Hand each packet to the device */
#define SINK_HELD	0U

static inline int sink_put(struct sink *sink, struct uk_netbuf *pkt)
{
	return uk_netdev_tx_one(sink->dev, DEVICE_QUEUE, pkt);
}
#endif

static inline unsigned int sink_frame_max(struct uk_netdev *dev __unused)
{
#if CONFIG_APPPKTGEN_SINK_FREE || CONFIG_APPPKTGEN_SINK_WINDOW
	return UINT16_MAX;
#else
	return uk_netdev_mtu_get(dev) + ETHER_HDR_LEN;
#endif
}

static inline void sink_fini(struct sink *sink __unused)
{
#if CONFIG_APPPKTGEN_SINK_WINDOW
	unsigned int i;

	for (i = 0; i < CONFIG_APPPKTGEN_SINK_WINDOW; i++) {
		if (sink->window[i])
			uk_netbuf_free(sink->window[i]);
	}
#endif
}

#endif /* SINK_H */
