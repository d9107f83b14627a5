/* SPDX-License-Identifier: BSD-3-Clause */
#include "netbuf_calls.h"

struct noted noted;

void note(struct uk_netbuf *m)
{
	noted.netbufs[noted.count] = m;
	noted.references[noted.count] = m->refcount.counter;
	noted.count++;
}

struct uk_netbuf *call_ref(struct uk_netbuf *m)
{
	return uk_netbuf_ref(m);
}

struct uk_netbuf *call_ref_single(struct uk_netbuf *m)
{
	return uk_netbuf_ref_single(m);
}

uint32_t call_refcount(struct uk_netbuf *m)
{
	return uk_netbuf_refcount_single_get(m);
}

size_t call_headroom(struct uk_netbuf *m)
{
	return uk_netbuf_headroom(m);
}

size_t call_tailroom(struct uk_netbuf *m)
{
	return uk_netbuf_tailroom(m);
}

int call_header(struct uk_netbuf *m, int16_t len)
{
	return uk_netbuf_header(m, len);
}

struct uk_netbuf *call_chain_first(struct uk_netbuf *m)
{
	return __extension__ uk_netbuf_chain_first(m);
}

struct uk_netbuf *call_chain_last(struct uk_netbuf *m)
{
	return __extension__ uk_netbuf_chain_last(m);
}

void *call_malloc(struct uk_alloc *a, size_t size)
{
	return uk_malloc(a, size);
}

void *call_calloc(struct uk_alloc *a, size_t nmemb, size_t size)
{
	return uk_calloc(a, nmemb, size);
}

void *call_realloc(struct uk_alloc *a, void *ptr, size_t size)
{
	return uk_realloc(a, ptr, size);
}

void *call_memalign(struct uk_alloc *a, size_t align, size_t size)
{
	return uk_memalign(a, align, size);
}

void call_free(struct uk_alloc *a, void *ptr)
{
	uk_free(a, ptr);
}

ssize_t call_maxalloc(struct uk_alloc *a)
{
	return uk_alloc_maxalloc(a);
}

ssize_t call_availmem(struct uk_alloc *a)
{
	return uk_alloc_availmem(a);
}
