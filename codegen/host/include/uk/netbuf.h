/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Network buffers.
 *
 *	buf            data              data + len        buf + buflen
 *	 |   headroom   |      packet        |     tailroom     |
 *
 * A netbuf describes one buffer. It may live in the same allocation as its
 * buffer (behind it, where uk_netbuf_alloc_buf() puts it) or anywhere else.
 * Each owner holds a reference; whoever gives the last one back runs the
 * destructor and releases the memory, if the netbuf knows its allocator.
 *
 * Members, their order and their meaning are those of Unikraft 0.17.
 */
#ifndef HOST_UK_NETBUF_H
#define HOST_UK_NETBUF_H

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

#include <uk/alloc.h>
#include <uk/assert.h>
#include <uk/essentials.h>
#include <uk/refcount.h>

struct uk_netbuf;

typedef void (*uk_netbuf_dtor_t)(struct uk_netbuf *);

/* The packet's checksums are known to be right. */
#define UK_NETBUF_F_DATA_VALID_BIT	0
#define UK_NETBUF_F_DATA_VALID		(1 << UK_NETBUF_F_DATA_VALID_BIT)
/* The device has to complete the checksum that csum_* describes. */
#define UK_NETBUF_F_PARTIAL_CSUM_BIT	1
#define UK_NETBUF_F_PARTIAL_CSUM	(1 << UK_NETBUF_F_PARTIAL_CSUM_BIT)
/* The device has to cut the packet into TCP segments. */
#define UK_NETBUF_F_GSO_TCPV4_BIT	2
#define UK_NETBUF_F_GSO_TCPV4		(1 << UK_NETBUF_F_GSO_TCPV4_BIT)

struct uk_netbuf {
	struct uk_netbuf *next;
	struct uk_netbuf *prev;

	uint8_t flags;		/* UK_NETBUF_F_* */

	void *data;		/* first byte of the packet, within buf */
	uint16_t len;		/* bytes of the packet */
	__atomic refcount;

	void *priv;		/* the owner's own data */

	void *buf;
	size_t buflen;

	uint16_t csum_start;	/* with PARTIAL_CSUM, relative to data */
	uint16_t csum_offset;	/* with PARTIAL_CSUM, from csum_start */

	uint16_t header_len;	/* with GSO: bytes repeated in each segment */
	uint16_t gso_size;	/* with GSO: payload of a segment */

	uk_netbuf_dtor_t dtor;
	struct uk_alloc *_a;	/* gets _b back, (NULL) if not allocated */
	void *_b;
};

#define UK_NETBUF_CHAIN_FOREACH(var, head)				\
	for ((var) = (head); (var) != NULL; (var) = (var)->next)

#define UK_NETBUF_CHAIN_FOREACH_R(var, tail)				\
	for ((var) = (tail); (var) != NULL; (var) = (var)->prev)

/** Initializes a netbuf for a buffer that the caller owns; len becomes 0. */
void uk_netbuf_init_indir(struct uk_netbuf *m,
			  void *buf, size_t buflen, uint16_t headroom,
			  void *priv, uk_netbuf_dtor_t dtor);

#define uk_netbuf_init(m, priv, dtor)					\
	uk_netbuf_init_indir((m), NULL, 0, 0, (priv), (dtor))

/** Allocates a netbuf, but not its buffer; (NULL) if there is no memory. */
struct uk_netbuf *uk_netbuf_alloc_indir(struct uk_alloc *a,
					void *buf, size_t buflen,
					uint16_t headroom,
					size_t privlen, uk_netbuf_dtor_t dtor);

#define uk_netbuf_alloc(a, privlen, dtor)				\
	uk_netbuf_alloc_indir((a), NULL, 0, 0, (privlen), (dtor))

/**
 * Allocates a buffer of at least buflen bytes, aligned to bufalign, with
 * its netbuf and private data behind it, in one allocation.
 */
struct uk_netbuf *uk_netbuf_alloc_buf(struct uk_alloc *a, size_t buflen,
				      size_t bufalign, uint16_t headroom,
				      size_t privlen, uk_netbuf_dtor_t dtor);

/**
 * The same in memory that the caller owns, and keeps owning: netbuf and
 * private data take the end of it, the buffer gets the rest.
 * Crashes if there is no room for them: Unikraft, at least up to 0.17, does
 * not notice, and writes in front of the memory.
 */
struct uk_netbuf *uk_netbuf_prepare_buf(void *mem, size_t size,
					uint16_t headroom,
					size_t privlen, uk_netbuf_dtor_t dtor);

static inline struct uk_netbuf *uk_netbuf_chain_last(struct uk_netbuf *m)
{
	struct uk_netbuf *last = NULL;
	struct uk_netbuf *iter;

	UK_NETBUF_CHAIN_FOREACH(iter, m)
		last = iter;
	return last;
}

static inline struct uk_netbuf *uk_netbuf_chain_first(struct uk_netbuf *m)
{
	struct uk_netbuf *first = NULL;
	struct uk_netbuf *iter;

	UK_NETBUF_CHAIN_FOREACH_R(iter, m)
		first = iter;
	return first;
}

static inline void *uk_netbuf_get_priv(struct uk_netbuf *m)
{
	UK_ASSERT(m);

	return m->priv;
}

/** Joins the last netbuf of one chain to the first of another. */
void uk_netbuf_connect(struct uk_netbuf *headtail, struct uk_netbuf *tail);

/** Joins two chains, each given by its first netbuf. */
void uk_netbuf_append(struct uk_netbuf *head, struct uk_netbuf *tail);

/** Takes a netbuf out of its chain; returns the one that followed it. */
struct uk_netbuf *uk_netbuf_disconnect(struct uk_netbuf *m);

static inline struct uk_netbuf *uk_netbuf_ref_single(struct uk_netbuf *m)
{
	UK_ASSERT(m);

	uk_refcount_acquire(&m->refcount);
	return m;
}

/** Takes a reference to a netbuf and to each one after it in its chain. */
static inline struct uk_netbuf *uk_netbuf_ref(struct uk_netbuf *m)
{
	struct uk_netbuf *iter;

	UK_ASSERT(m);

	UK_NETBUF_CHAIN_FOREACH(iter, m)
		uk_netbuf_ref_single(iter);
	return m;
}

static inline uint32_t uk_netbuf_refcount_single_get(struct uk_netbuf *m)
{
	UK_ASSERT(m);

	return uk_refcount_read(&m->refcount);
}

/** Gives back a reference to each netbuf of a chain. */
void uk_netbuf_free(struct uk_netbuf *m);

/**
 * Gives back a reference. The last one takes the netbuf out of its chain,
 * calls the destructor, and then frees what the netbuf was allocated from.
 */
void uk_netbuf_free_single(struct uk_netbuf *m);

static inline size_t uk_netbuf_headroom(struct uk_netbuf *m)
{
	UK_ASSERT(m);
	UK_ASSERT(m->buf);
	UK_ASSERT(m->data);

	return (size_t)((uintptr_t)m->data - (uintptr_t)m->buf);
}

static inline size_t uk_netbuf_tailroom(struct uk_netbuf *m)
{
	UK_ASSERT(m);
	UK_ASSERT(m->buf);
	UK_ASSERT(m->data);

	return (size_t)(((uintptr_t)m->buf + m->buflen)
			- ((uintptr_t)m->data + m->len));
}

/**
 * Moves the start of the packet: len > 0 takes bytes from the headroom,
 * len < 0 gives them back.
 * @return
 *   1 on success, -ENOSPC if the room or the packet is too short,
 *   -EFAULT if the packet would get longer than its length field can say
 */
static inline int uk_netbuf_header(struct uk_netbuf *head, int16_t len)
{
	int32_t newlen;

	UK_ASSERT(head);
	UK_ASSERT(head->buf);
	UK_ASSERT(head->data);
	UK_ASSERT(!head->prev);

	newlen = (int32_t)head->len + len;
	if (unlikely((len > 0 && (size_t)len > uk_netbuf_headroom(head))
		     || newlen < 0))
		return -ENOSPC;
	if (unlikely(newlen > (int32_t)UINT16_MAX))
		return -EFAULT;

	head->data = (uint8_t *)head->data - len;
	head->len = (uint16_t)newlen;

	if (head->flags & UK_NETBUF_F_PARTIAL_CSUM) {
		int32_t start = (int32_t)head->csum_start + len;

		/* The checksum's first byte is no longer in the packet. */
		if (unlikely(start < 0))
			head->flags = (uint8_t)(head->flags
						& ~UK_NETBUF_F_PARTIAL_CSUM);
		else
			head->csum_start = (uint16_t)start;
	}
	return 1;
}

#endif /* HOST_UK_NETBUF_H */
