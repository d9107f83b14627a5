/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <uk/config.h>
#include <uk/essentials.h>
#include <uk/netbuf.h>
#include "netbuf.h"
#include "netdef.h"

/*
 * Buffers that a ring has to lack until it is refilled, unless it is a small
 * one. From release 0.15 on, whose driver is a library of this name, the driver
 * looks only at the last buffer to find out whether the device waits for a
 * notification: of several at once, it may miss the one that matters.
 */
#if CONFIG_LIBVIRTIO_NET
#define BATCH_MAX	1U
#else
#define BATCH_MAX	16U
#endif

size_t netbuf_align(size_t ioalign, size_t buflen)
{
	size_t align = MAX(ioalign, sizeof(void *));

	while (align < buflen)
		align *= 2;
	return align;
}

void netbuf_shape_init(struct netbuf_shape *shape, size_t ioalign,
		       uint16_t headroom, uint16_t len)
{
	shape->headroom = headroom;
	shape->len = len;
	shape->pktlen = len;
	shape->buflen = (size_t)headroom + len;
	shape->bufalign = netbuf_align(ioalign, shape->buflen);
}

size_t netbuf_object_len(size_t buflen)
{
	/* uk_netbuf_alloc_buf() aligns both parts to this */
	const size_t align = sizeof(long long);

	return ALIGN_UP(buflen, align) +
	       ALIGN_UP(sizeof(struct uk_netbuf), align);
}

struct uk_netbuf *uk_netbuf_dup_single(struct uk_alloc *a, size_t buflen,
				       size_t bufalign, uint16_t headroom,
				       size_t privlen, uk_netbuf_dtor_t dtor,
				       const struct uk_netbuf *src)
{
	struct uk_netbuf *pkt;

	if (unlikely(!src || (bufalign & (bufalign - 1)) ||
		     buflen < (size_t)headroom + src->len || buflen == 0)) {
		errno = EINVAL;
		return NULL;
	}
	pkt = uk_netbuf_alloc_buf(a, buflen, MAX(bufalign, sizeof(void *)),
				  headroom, privlen, dtor);
	if (unlikely(!pkt)) {
		errno = ENOMEM;
		return NULL;
	}
	frame_copy(pkt->data, src->data, src->len);
	pkt->len = src->len;
#ifdef UK_NETBUF_F_DATA_VALID
	/* Releases up to 0.5 know no flags */
	pkt->flags = src->flags;
#endif
	return pkt;
}

uint16_t netbuf_alloc_rxpkts(void *argp, struct uk_netbuf *pkts[],
			     uint16_t count)
{
	struct netbuf_supply *supply = argp;
	const struct netbuf_shape *shape = &supply->shape;
	uint16_t i;

	if (count < supply->batch)
		return 0;
	/* Half of a small ring */
	supply->batch = (uint16_t)MAX(supply->batch,
				      MIN(count / 2U, BATCH_MAX));
	for (i = 0; i < count; i++) {
		pkts[i] = uk_netbuf_alloc_buf(shape->a, shape->buflen,
					      shape->bufalign, shape->headroom,
					      0, NULL);
		if (unlikely(!pkts[i]))
			break;
		/* The driver receives into the room that len announces */
		pkts[i]->len = shape->len;
	}
	return i;
}
