/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Network buffers: what is more than a look at a member.
 *
 * A translation unit of its own, as on Unikraft: a caller pays for a call
 * and for writing the whole structure, and measurements count on that.
 */
#include <uk/netbuf.h>

/* Metadata behind a buffer starts at a multiple of this. */
#define META_ALIGN		sizeof(long long)
#define meta_align_up(v)	ALIGN_UP((__uptr)(v), META_ALIGN)
#define meta_align_down(v)	ALIGN_DOWN((__uptr)(v), META_ALIGN)

void uk_netbuf_init_indir(struct uk_netbuf *m,
			  void *buf, size_t buflen, uint16_t headroom,
			  void *priv, uk_netbuf_dtor_t dtor)
{
	UK_ASSERT(m);
	UK_ASSERT(buf || buflen == 0);
	UK_ASSERT(headroom <= buflen);

	*m = (struct uk_netbuf) {
		.data = buf ? (__u8 *)buf + headroom : NULL,
		.priv = priv,
		.buf = buf,
		.buflen = buflen,
		.dtor = dtor,
	};
	uk_refcount_init(&m->refcount, 1);
}

struct uk_netbuf *uk_netbuf_alloc_indir(struct uk_alloc *a,
					void *buf, size_t buflen,
					uint16_t headroom,
					size_t privlen, uk_netbuf_dtor_t dtor)
{
	const size_t priv_offset = meta_align_up(sizeof(struct uk_netbuf));
	struct uk_netbuf *m;
	void *priv = NULL;

	m = uk_malloc(a, privlen ? priv_offset + privlen : sizeof(*m));
	if (!m)
		return NULL;
	if (privlen)
		priv = (__u8 *)m + priv_offset;

	uk_netbuf_init_indir(m, buf, buflen, headroom, priv, dtor);
	m->_a = a;
	m->_b = m;
	return m;
}

struct uk_netbuf *uk_netbuf_prepare_buf(void *mem, size_t size,
					uint16_t headroom,
					size_t privlen, uk_netbuf_dtor_t dtor)
{
	const size_t meta = meta_align_up(sizeof(struct uk_netbuf) + privlen);
	struct uk_netbuf *m;
	size_t buflen;

	UK_ASSERT(mem);

	/*
	 * The buffer comes first: it inherits the alignment of the memory,
	 * which is what a device cares about.
	 */
	buflen = meta_align_down((__uptr)mem + size) - (__uptr)mem;
	if (unlikely(meta > size || meta > buflen))
		UK_CRASH("uk_netbuf_prepare_buf(): %zu bytes have no room for a netbuf, and Unikraft would write in front of them\n",
			 size);
	buflen -= meta;

	m = (void *)((__u8 *)mem + buflen);
	uk_netbuf_init_indir(m, mem, buflen, headroom,
			     privlen ? m + 1 : NULL, dtor);
	return m;
}

struct uk_netbuf *uk_netbuf_alloc_buf(struct uk_alloc *a, size_t buflen,
				      size_t bufalign, uint16_t headroom,
				      size_t privlen, uk_netbuf_dtor_t dtor)
{
	const size_t size = meta_align_up(buflen)
			    + meta_align_up(sizeof(struct uk_netbuf)
					    + privlen);
	struct uk_netbuf *m;
	void *mem;

	UK_ASSERT(buflen > 0);
	UK_ASSERT(headroom <= buflen);

	mem = uk_memalign(a, bufalign, size);
	if (!mem)
		return NULL;

	m = uk_netbuf_prepare_buf(mem, size, headroom, privlen, dtor);
	m->_a = a;
	m->_b = mem;
	return m;
}

void uk_netbuf_connect(struct uk_netbuf *headtail, struct uk_netbuf *tail)
{
	UK_ASSERT(headtail);
	UK_ASSERT(!headtail->next);
	UK_ASSERT(tail);
	UK_ASSERT(!tail->prev);

	headtail->next = tail;
	tail->prev = headtail;
}

void uk_netbuf_append(struct uk_netbuf *head, struct uk_netbuf *tail)
{
	UK_ASSERT(head);
	UK_ASSERT(!head->prev);

	uk_netbuf_connect(uk_netbuf_chain_last(head), tail);
}

struct uk_netbuf *uk_netbuf_disconnect(struct uk_netbuf *m)
{
	struct uk_netbuf *rest;

	UK_ASSERT(m);

	rest = m->next;
	if (m->prev)
		m->prev->next = m->next;
	if (m->next)
		m->next->prev = m->prev;
	m->next = NULL;
	m->prev = NULL;
	return rest;
}

void uk_netbuf_free_single(struct uk_netbuf *m)
{
	struct uk_alloc *a;
	void *b;

	UK_ASSERT(m);

	if (!uk_refcount_release(&m->refcount))
		return;

	uk_netbuf_disconnect(m);

	/* The destructor may release or reuse the netbuf itself. */
	a = m->_a;
	b = m->_b;
	if (m->dtor)
		m->dtor(m);
	if (a && b)
		uk_free(a, b);
}

void uk_netbuf_free(struct uk_netbuf *m)
{
	struct uk_netbuf *next;

	UK_ASSERT(m);
	UK_ASSERT(!m->prev);

	for (; m; m = next) {
		next = m->next;
		uk_netbuf_free_single(m);
	}
}
