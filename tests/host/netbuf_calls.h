/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What test_netbuf.py calls and no library exports: inline functions, and a
 * destructor that notes who it was called for.
 */
#ifndef NETBUF_CALLS_H
#define NETBUF_CALLS_H

#include <uk/allocpool.h>
#include <uk/netbuf.h>

#define NOTED_MAX 64

struct noted {
	unsigned int count;
	struct uk_netbuf *netbufs[NOTED_MAX];
	uint32_t references[NOTED_MAX];
};

extern struct noted noted;

void note(struct uk_netbuf *m);

struct uk_netbuf *call_ref(struct uk_netbuf *m);
struct uk_netbuf *call_ref_single(struct uk_netbuf *m);
uint32_t call_refcount(struct uk_netbuf *m);
size_t call_headroom(struct uk_netbuf *m);
size_t call_tailroom(struct uk_netbuf *m);
int call_header(struct uk_netbuf *m, int16_t len);
struct uk_netbuf *call_chain_first(struct uk_netbuf *m);
struct uk_netbuf *call_chain_last(struct uk_netbuf *m);

void *call_malloc(struct uk_alloc *a, size_t size);
void *call_calloc(struct uk_alloc *a, size_t nmemb, size_t size);
void *call_realloc(struct uk_alloc *a, void *ptr, size_t size);
void *call_memalign(struct uk_alloc *a, size_t align, size_t size);
void call_free(struct uk_alloc *a, void *ptr);
ssize_t call_maxalloc(struct uk_alloc *a);
ssize_t call_availmem(struct uk_alloc *a);

#endif /* NETBUF_CALLS_H */
