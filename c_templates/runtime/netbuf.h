/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packet buffers: their sizes, duplicates, and the supply of a receive queue.
 */
#ifndef NETBUF_H
#define NETBUF_H

#include <stddef.h>
#include <stdint.h>
#include <uk/alloc.h>
#include <uk/netbuf.h>
#include "netbuf_refs.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How packet buffers are made for a device */
struct netbuf_shape {
	struct uk_alloc *a;	/**< allocator of the buffers */
	size_t buflen;		/**< bytes of the buffer, headroom included */
	size_t bufalign;	/**< alignment of the buffer, a power of two */
	uint16_t headroom;	/**< bytes in front of the frame */
	uint16_t len;		/**< bytes of the frame */
	uint16_t pktlen;	/**< bytes of the frame without its padding */
};

/**
 * Alignment with which a buffer neither breaks the device's own demand nor
 * crosses a page: a device may need one more descriptor for each page.
 *
 * @param ioalign
 *    Alignment that the device asks for, 0 for any
 * @param buflen
 *    Bytes of headroom and frame
 * @return
 *    A power of two, at least that of a pointer
 */
size_t netbuf_align(size_t ioalign, size_t buflen);

/**
 * Fill in a shape, but for the allocator; its frames have no padding
 *
 * @param shape
 *    Is filled; its buffers are as long as they must be
 * @param ioalign
 *    Alignment that the device asks for, 0 for any
 * @param headroom
 *    Bytes that the device wants in front of a frame
 * @param len
 *    Bytes of a frame
 */
void netbuf_shape_init(struct netbuf_shape *shape, size_t ioalign,
		       uint16_t headroom, uint16_t len);

/**
 * Bytes of memory that uk_netbuf_alloc_buf() takes for one buffer: the
 * buffer and behind it the netbuf's own data.
 *
 * @param buflen
 *    Bytes of headroom and frame
 */
size_t netbuf_object_len(size_t buflen);

/**
 * Make a netbuf that was sent and freed ready to be sent again
 *
 * Stores the members that a driver and uk_netbuf_free() change, whatever
 * became of them; a plain store of the counter does, as nobody else has it.
 *
 * @param pkt
 *    Netbuf without any reference to it
 * @param data
 *    Start of the frame in its buffer
 * @param len
 *    Bytes of the frame
 */
static inline void netbuf_restore(struct uk_netbuf *pkt, void *data,
				  uint16_t len)
{
	/* First, as the locked operation that frees the packet waits for it */
	netbuf_refs_init(pkt);
	pkt->data = data;
	pkt->len = len;
}

/**
 * Duplicate a single netbuf, without what is chained to it
 *
 * @param a
 *    Allocator of the duplicate
 * @param buflen
 *    Bytes of the duplicate's buffer, headroom included
 * @param bufalign
 *    Alignment of the buffer: a power of two, or 0 for any
 * @param headroom
 *    Bytes in front of the data
 * @param privlen
 *    Bytes of private data
 * @param dtor
 *    Destructor, or NULL
 * @param src
 *    Netbuf whose data are copied
 * @return
 *    - (NULL): errno is EINVAL when an argument is out of range or the data
 *      do not fit, ENOMEM when there is no memory
 *    - Duplicate, owned by the caller
 */
struct uk_netbuf *uk_netbuf_dup_single(struct uk_alloc *a, size_t buflen,
				       size_t bufalign, uint16_t headroom,
				       size_t privlen, uk_netbuf_dtor_t dtor,
				       const struct uk_netbuf *src);

/** The supply of a receive queue */
struct netbuf_supply {
	struct netbuf_shape shape;	/**< of the buffers */
	uint16_t batch;		/**< fewer are not given; 0 at first */
};

/**
 * Give a driver empty buffers to receive into, as uk_netdev_alloc_rxpkts
 *
 * A driver that first asks for many buffers has a ring of them. It refills the
 * ring after each packet, and then notifies the device, which is dear. It gets
 * no buffer until it lacks some, and then all of them at once. A driver that
 * asks for one at a time gets it.
 *
 * @param argp
 *    The struct netbuf_supply of the queue
 * @param pkts
 *    Is filled with the buffers
 * @param count
 *    Number of buffers that are wanted
 * @return
 *    Number of buffers in pkts
 */
uint16_t netbuf_alloc_rxpkts(void *argp, struct uk_netbuf *pkts[],
			     uint16_t count);

#ifdef __cplusplus
}
#endif

#endif /* NETBUF_H */
