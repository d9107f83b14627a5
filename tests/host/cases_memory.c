/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The default allocator, pools, netbufs, and the clock.
 */
#include "cases.h"

/*
 * The default allocator
 */
CASE(alloc_follows_unikraft_where_libc_differs)
{
	struct uk_alloc *a = uk_alloc_get_default();
	void *ptr;

	CHECK(!uk_malloc(a, 0));
	CHECK(!uk_calloc(a, 0, 5));
	CHECK(!uk_memalign(a, 64, 0));
	CHECK(!uk_memalign(a, 3, 10));
	ptr = uk_memalign(a, 0, 10);
	CHECK(ptr);
	uk_free(a, ptr);
	CHECK(!uk_malloc(NULL, 10));
	CHECK_EQ(uk_posix_memalign(NULL, &ptr, 8, 8), ENOMEM);
}

CASE(alloc_aligns)
{
	struct uk_alloc *a = uk_alloc_get_default();
	size_t align;
	void *ptr;

	for (align = 8; align <= 8192; align *= 2) {
		ptr = uk_memalign(a, align, 1);
		CHECK_EQ((uintptr_t)ptr % align, 0);
		uk_free(a, ptr);
	}
}

CASE(alloc_checked_aligns_poisons_and_counts)
{
	struct uk_alloc *a;
	size_t align, i;
	uint8_t *ptr;

	CHECK_EQ(host_alloc_poison(0x5a), 0);
	a = uk_alloc_get_default();
	CHECK(!uk_malloc(a, 0));
	CHECK(!uk_memalign(a, 3, 10));
	for (align = 8; align <= 8192; align *= 2) {
		ptr = uk_memalign(a, align, 100);
		CHECK_EQ((uintptr_t)ptr % align, 0);
		for (i = 0; i < 100; i++)
			CHECK_EQ(ptr[i], 0x5a);
		CHECK_EQ(host_alloc_live(), 1);
		CHECK_EQ(host_alloc_live_bytes(), 100);
		uk_free(a, ptr);
	}
	ptr = uk_calloc(a, 10, 10);
	for (i = 0; i < 100; i++)
		CHECK_EQ(ptr[i], 0);
	memset(ptr, 1, 100);
	ptr = uk_realloc(a, ptr, 150);
	CHECK_EQ(ptr[99], 1);
	CHECK_EQ(ptr[100], 0x5a);
	ptr = uk_realloc(a, ptr, 50);
	CHECK_EQ(ptr[49], 1);
	CHECK(!uk_realloc(a, ptr, 0));
	CHECK(!uk_calloc(a, SIZE_MAX, 2));
	CHECK_EQ(host_alloc_live(), 0);
	CHECK_EQ(host_alloc_live_bytes(), 0);
	CHECK_EQ(host_alloc_check(), 0);
}

CASE(alloc_guards)
{
	struct uk_alloc *a;
	uint8_t *before, *behind, *fine;

	CHECK_EQ(host_alloc_poison(0), 0);
	a = uk_alloc_get_default();
	before = uk_malloc(a, 7);
	behind = uk_malloc(a, 7);
	fine = uk_malloc(a, 7);
	before[-1] = 1;
	CHECK_EQ(host_alloc_check(), 1);
	behind[7] = 1;
	CHECK_EQ(host_alloc_check(), 2);
	uk_free(a, before);
	uk_free(a, behind);
	CHECK_EQ(host_alloc_check(), 2);
	uk_free(a, fine);
	CHECK_EQ(host_alloc_check(), 2);
}

CASE(alloc_fails_once)
{
	struct uk_alloc *a;
	void *first, *second;

	CHECK_EQ(host_alloc_fail_after(1), 0);
	a = uk_alloc_get_default();
	first = uk_malloc(a, 8);
	CHECK(first);
	CHECK(!uk_memalign(a, 8, 8));
	second = uk_malloc(a, 8);
	CHECK(second);
	uk_free(a, first);
	uk_free(a, second);

	CHECK_EQ(host_alloc_fail_after(0), 0);
	CHECK_EQ(host_alloc_fail_after(-1), 0);
	first = uk_malloc(a, 8);
	CHECK(first);
	uk_free(a, first);
}

CASE(alloc_mode_is_chosen_first)
{
	uk_alloc_get_default();
	CHECK_EQ(host_alloc_poison(1), -EBUSY);
	CHECK_EQ(host_alloc_fail_after(1), -EBUSY);
	CHECK_EQ(host_alloc_live(), 0);
}

CASE(dies_alloc_freed_twice)
{
	struct uk_alloc *a;
	void *ptr, *other;

	host_alloc_poison(1);
	a = uk_alloc_get_default();
	ptr = uk_malloc(a, 64);
	other = uk_malloc(a, 64);
	/* Inside a live block: the sanitizer has no say. */
	memset(other, 0, 64);
	uk_free(a, (uint8_t *)other + 16);
	uk_free(a, ptr);
}

CASE(clock_is_set_and_cleared)
{
	__nsec real = ukplat_monotonic_clock();

	CHECK(ukplat_monotonic_clock() >= real);
	host_clock_set(1000, 10);
	CHECK_EQ(ukplat_monotonic_clock(), 1000);
	CHECK_EQ(ukplat_monotonic_clock(), 1010);
	CHECK_EQ(ukplat_wall_clock(), 1020);
	CHECK_EQ(ukplat_wall_clock(), 1020);
	host_clock_clear();
	CHECK(ukplat_monotonic_clock() >= real);
	CHECK(ukplat_wall_clock() > 1600000000ULL * 1000000000ULL);
}

/*
 * Pools
 */
CASE(pool_takes_last_returned_first)
{
	struct uk_allocpool *p;
	void *a, *b, *objs[4];

	p = uk_allocpool_alloc(uk_alloc_get_default(), 4, 100, 64);
	CHECK_EQ(uk_allocpool_objlen(p), 128);
	CHECK_EQ(uk_allocpool_availcount(p), 4);
	a = uk_allocpool_take(p);
	b = uk_allocpool_take(p);
	CHECK((char *)a - (char *)b == 128);
	uk_allocpool_return(p, a);
	uk_allocpool_return(p, b);
	CHECK(uk_allocpool_take(p) == b);
	CHECK(uk_allocpool_take(p) == a);
	CHECK_EQ(uk_allocpool_take_batch(p, objs, 4), 2);
	CHECK(!uk_allocpool_take(p));
	CHECK_EQ(uk_allocpool_take_batch(p, objs + 2, 2), 0);
	uk_allocpool_return_batch(p, objs, 2);
	CHECK(uk_allocpool_take(p) == objs[1]);
	uk_allocpool_return(p, objs[1]);
	uk_allocpool_return(p, a);
	uk_allocpool_return(p, b);
}

CASE(pool_keeps_all_but_16_bytes)
{
	struct uk_allocpool *p;
	uint8_t *obj[3];
	int i, j;

	host_alloc_poison(0x77);
	p = uk_allocpool_alloc(uk_alloc_get_default(), 3, 64, 8);
	for (i = 0; i < 3; i++) {
		obj[i] = uk_allocpool_take(p);
		CHECK_EQ(obj[i][16], 0x77);
		memset(obj[i], i + 1, 64);
	}
	for (i = 0; i < 3; i++)
		uk_allocpool_return(p, obj[i]);
	for (i = 0; i < 3; i++) {
		for (j = 16; j < 64; j++)
			CHECK_EQ(obj[i][j], i + 1);
		CHECK(obj[i][0] != i + 1 || obj[i][1] != i + 1);
		CHECK(obj[i][8] != i + 1 || obj[i][9] != i + 1);
	}
	CHECK_EQ(host_alloc_live(), 1);
	CHECK_EQ(host_alloc_check(), 0);
}

CASE(pool_aligns_wherever_it_is)
{
	static uint8_t memory[32768];
	struct uk_allocpool *p;
	size_t align, offset;
	void *obj;

	for (align = 1; align <= 4096; align *= 2) {
		for (offset = 0; offset < 256; offset += 8) {
			p = uk_allocpool_init(memory + offset,
					      uk_allocpool_reqmem(3, 50, align),
					      50, align);
			CHECK(uk_allocpool_availcount(p) >= 3);
			while ((obj = uk_allocpool_take(p)) != NULL)
				CHECK_EQ((uintptr_t)obj % MAX(align, 8), 0);
		}
	}
}

CASE(pool_without_room_is_empty)
{
	static uint64_t memory[64];
	struct uk_allocpool *p;

	CHECK(!uk_allocpool_init(memory, 16, 64, 8));
	CHECK(!uk_allocpool_init(NULL, 1024, 64, 8));
	p = uk_allocpool_init(memory, sizeof(memory), 1024, 8);
	CHECK_EQ(uk_allocpool_availcount(p), 0);
	CHECK(!uk_allocpool_take(p));
	CHECK(!uk_malloc(uk_allocpool2ukalloc(p), 8));
}

CASE(pool_as_allocator)
{
	struct uk_allocpool *p;
	struct uk_alloc *a;
	uint8_t *obj, *other;
	void *ptr;

	p = uk_allocpool_alloc(uk_alloc_get_default(), 2, 100, 64);
	a = uk_allocpool2ukalloc(p);
	CHECK_EQ(uk_alloc_maxalloc(a), 128);
	CHECK_EQ(uk_alloc_availmem(a), 256);
	CHECK(!uk_malloc(a, 129));
	CHECK(!uk_memalign(a, 128, 8));
	CHECK_EQ(uk_posix_memalign(a, &ptr, 128, 8), ENOMEM);
	CHECK_EQ(uk_allocpool_availcount(p), 2);
	obj = uk_memalign(a, 64, 128);
	CHECK(obj);
	uk_free(a, obj);
	CHECK(uk_memalign(a, 0, 8) == obj);
	memset(obj, 1, 128);
	uk_free(a, obj);
	uk_free(a, NULL);
	CHECK(uk_calloc(a, 32, 4) == obj);
	CHECK(!obj[0] && !obj[127]);
	/* It is another object, and so takes one while both are in use. */
	obj[5] = 5;
	other = uk_realloc(a, obj, 128);
	CHECK(other && other != obj && other[5] == 5);
	CHECK_EQ(uk_allocpool_availcount(p), 1);
	CHECK(!uk_realloc(a, other, 129));
	CHECK(uk_allocpool_take(p) == obj);
	CHECK(!uk_realloc(a, other, 8));
	uk_allocpool_return(p, obj);
	CHECK(!uk_realloc(a, other, 0));
	CHECK_EQ(uk_allocpool_availcount(p), 2);
}

CASE(pool_alloc_without_memory)
{
	host_alloc_fail_after(0);
	CHECK(!uk_allocpool_alloc(uk_alloc_get_default(), 2, 100, 64));
	CHECK_EQ(host_alloc_live(), 0);
}

CASE(dies_pool_alignment_0)
{
	uk_allocpool_alloc(uk_alloc_get_default(), 2, 100, 0);
}

CASE(dies_pool_alignment_48)
{
	uk_allocpool_reqmem(2, 100, 48);
}

CASE(dies_pool_returned_once_too_often)
{
	static uint64_t other[8];
	struct uk_allocpool *p;

	p = uk_allocpool_alloc(uk_alloc_get_default(), 2, 64, 8);
	uk_allocpool_return(p, other);
}

CASE(dies_pool_freed_while_in_use)
{
	struct uk_allocpool *p;

	p = uk_allocpool_alloc(uk_alloc_get_default(), 2, 64, 8);
	uk_allocpool_take(p);
	uk_allocpool_free(p);
}

CASE(dies_pool_freed)
{
	uk_allocpool_free(uk_allocpool_alloc(uk_alloc_get_default(), 2, 64, 8));
}

CASE(dies_pool_that_ends_before_its_first_object)
{
	static uint8_t memory[4096] __align(4096);
	const size_t all_but_objects = uk_allocpool_reqmem(0, 64, 8) - 8;
	struct uk_allocpool *p;

	p = uk_allocpool_init(memory, all_but_objects, 64, 4096);
	if (!p || uk_allocpool_availcount(p))
		return;
	uk_allocpool_take(p);
}

/*
 * Netbufs
 */
static int dtor_calls;
static struct uk_netbuf dtor_saw;

static void note_dtor(struct uk_netbuf *m)
{
	dtor_calls++;
	dtor_saw = *m;
}

CASE(netbuf_layout)
{
	struct uk_alloc *a = uk_alloc_get_default();
	struct uk_netbuf *m;

#ifdef UK_NETBUF_F_GSO_TCPV4 /* Unikraft 0.16 and later, as the host's own */
	CHECK_EQ(offsetof(struct uk_netbuf, data), 24);
	CHECK_EQ(offsetof(struct uk_netbuf, len), 32);
	CHECK_EQ(offsetof(struct uk_netbuf, refcount), 36);
	CHECK_EQ(offsetof(struct uk_netbuf, dtor), 72);
	CHECK_EQ(sizeof(struct uk_netbuf), 96);
#endif

	m = uk_netbuf_alloc_buf(a, 1001, 2048, 16, 12, NULL);
	CHECK_EQ((uintptr_t)m->buf % 2048, 0);
	CHECK_EQ(m->buflen, 1008);
	CHECK((char *)m == (char *)m->buf + 1008);
	CHECK((char *)uk_netbuf_get_priv(m) == (char *)(m + 1));
	CHECK((char *)m->data == (char *)m->buf + 16);
	CHECK_EQ(m->len, 0);
	CHECK_EQ(uk_netbuf_headroom(m), 16);
	CHECK_EQ(uk_netbuf_tailroom(m), 992);
	CHECK(m->_a == a && m->_b == m->buf);
	CHECK_EQ(uk_netbuf_refcount_single_get(m), 1);
	uk_netbuf_free(m);

	/* Any alignment is no alignment, as a tap device asks for. */
	m = uk_netbuf_alloc_buf(a, 8, 0, 8, 0, NULL);
	CHECK(m && !m->priv);
	uk_netbuf_free(m);
}

CASE(netbuf_fits_an_object_of_the_derived_size)
{
	const size_t size = ALIGN_UP(16 + 60, 8) + sizeof(struct uk_netbuf);
	struct uk_allocpool *p;
	struct uk_netbuf *m;

	p = uk_allocpool_alloc(uk_alloc_get_default(), 1, size, 8);
	CHECK(!uk_netbuf_alloc_buf(uk_allocpool2ukalloc(p),
				   uk_allocpool_objlen(p), 8, 16, 0, NULL));
	m = uk_netbuf_alloc_buf(uk_allocpool2ukalloc(p), 76, 8, 16, 0, NULL);
	CHECK(m);
	CHECK(!uk_netbuf_alloc_buf(uk_allocpool2ukalloc(p), 76, 8, 16, 0,
				   NULL));
	uk_netbuf_free(m);
	CHECK_EQ(uk_allocpool_availcount(p), 1);
}

CASE(netbuf_prepare_respects_the_end)
{
	static uint64_t memory[32];
	struct uk_netbuf *m;

	m = uk_netbuf_prepare_buf(memory, sizeof(*m), 0, 0, NULL);
	CHECK((void *)m == memory && m->buflen == 0);
	m = uk_netbuf_prepare_buf(memory, 207, 8, 3, NULL);
	CHECK(m->buf == memory);
	CHECK_EQ(m->buflen, 200 - ALIGN_UP(sizeof(*m) + 3, 8UL));
	CHECK((char *)m->priv + 3 <= (char *)memory + 207);
	CHECK(!m->_a && !m->_b);
	m = uk_netbuf_prepare_buf((char *)memory + 5, 200, 0, 0, NULL);
	CHECK_EQ((uintptr_t)m % 8, 0);
	CHECK((char *)(m + 1) <= (char *)memory + 205);
}

CASE(netbuf_header)
{
	static uint8_t buf[200];
	static struct uk_netbuf m;

	uk_netbuf_init_indir(&m, buf, sizeof(buf), 20, NULL, NULL);
	m.len = 10;
	CHECK_EQ(uk_netbuf_header(&m, 21), -ENOSPC);
	CHECK_EQ(uk_netbuf_header(&m, -11), -ENOSPC);
	CHECK_EQ(uk_netbuf_header(&m, 20), 1);
	CHECK(m.data == buf && m.len == 30);
	CHECK_EQ(uk_netbuf_headroom(&m), 0);
	CHECK_EQ(uk_netbuf_tailroom(&m), 170);
	CHECK_EQ(uk_netbuf_header(&m, -30), 1);
	CHECK(m.data == buf + 30 && m.len == 0);
	CHECK_EQ(uk_netbuf_header(&m, 0), 1);

	m.len = UINT16_MAX;
	CHECK_EQ(uk_netbuf_header(&m, 1), -EFAULT);
	CHECK(m.data == buf + 30 && m.len == UINT16_MAX);

#ifdef UK_NETBUF_F_PARTIAL_CSUM /* Unikraft 0.5 has no flags */
	m.len = 40;
	m.flags = UK_NETBUF_F_PARTIAL_CSUM | UK_NETBUF_F_DATA_VALID;
	m.csum_start = 5;
	CHECK_EQ(uk_netbuf_header(&m, 4), 1);
	CHECK_EQ(m.csum_start, 9);
	CHECK_EQ(uk_netbuf_header(&m, -9), 1);
	CHECK_EQ(m.csum_start, 0);
	CHECK_EQ(uk_netbuf_header(&m, -1), 1);
	CHECK_EQ(m.flags, UK_NETBUF_F_DATA_VALID);
#endif
}

CASE(netbuf_last_reference_frees)
{
	struct uk_alloc *a;
	struct uk_netbuf *m;

	host_alloc_poison(1);
	a = uk_alloc_get_default();
	m = uk_netbuf_alloc_buf(a, 64, 8, 0, 0, note_dtor);
	m->len = 7;
	CHECK(uk_netbuf_ref(m) == m);
	CHECK_EQ(uk_netbuf_refcount_single_get(m), 2);
	uk_netbuf_free(m);
	CHECK_EQ(dtor_calls, 0);
	CHECK_EQ(host_alloc_live(), 1);
	uk_netbuf_free(m);
	CHECK_EQ(dtor_calls, 1);
	CHECK_EQ(dtor_saw.refcount.counter, 0);
	CHECK_EQ(dtor_saw.len, 7);
	CHECK_EQ(host_alloc_live(), 0);
}

static struct uk_netbuf *ring[2];
static int ring_count;

static void back_into_ring(struct uk_netbuf *m)
{
	m->refcount.counter = 1;
	ring[ring_count++] = m;
}

CASE(netbuf_destructor_may_keep_it)
{
	static uint64_t memory[64];
	static uint8_t buf[64];
	static struct uk_netbuf indirect;
	struct uk_netbuf *prepared;

	prepared = uk_netbuf_prepare_buf(memory, sizeof(memory), 0, 0,
					 back_into_ring);
	uk_netbuf_init_indir(&indirect, buf, sizeof(buf), 0, NULL,
			     back_into_ring);
	uk_netbuf_free(prepared);
	uk_netbuf_free(&indirect);
	CHECK_EQ(ring_count, 2);
	CHECK(ring[0] == prepared && ring[1] == &indirect);
	CHECK_EQ(uk_netbuf_refcount_single_get(prepared), 1);
}

CASE(netbuf_chain)
{
	struct uk_alloc *a = uk_alloc_get_default();
	struct uk_netbuf *m[4];
	int i;

	for (i = 0; i < 4; i++)
		m[i] = uk_netbuf_alloc(a, 8, note_dtor);
	uk_netbuf_connect(m[0], m[1]);
	uk_netbuf_connect(m[2], m[3]);
	uk_netbuf_append(m[0], m[2]);
	CHECK(uk_netbuf_chain_last(m[0]) == m[3]);
	CHECK(uk_netbuf_chain_first(m[3]) == m[0]);
	CHECK(uk_netbuf_disconnect(m[1]) == m[2]);
	CHECK(m[0]->next == m[2] && m[2]->prev == m[0]);
	CHECK(!m[1]->next && !m[1]->prev);
	uk_netbuf_free(m[1]);

	/* Whoever still holds one of them keeps it out of the chain's end. */
	uk_netbuf_ref_single(m[2]);
	uk_netbuf_free(m[0]);
	CHECK_EQ(dtor_calls, 3);
	CHECK(!m[2]->prev && !m[2]->next);
	uk_netbuf_free_single(m[2]);
	CHECK_EQ(dtor_calls, 4);
}

CASE(netbuf_alloc_without_memory)
{
	struct uk_alloc *a;

	host_alloc_fail_after(0);
	a = uk_alloc_get_default();
	CHECK(!uk_netbuf_alloc_buf(a, 64, 8, 0, 0, NULL));
	host_alloc_fail_after(0);
	CHECK(!uk_netbuf_alloc(a, 0, NULL));
}

CASE(dies_netbuf_freed_twice)
{
	static uint8_t buf[8];
	static struct uk_netbuf m;

	uk_netbuf_init_indir(&m, buf, sizeof(buf), 0, NULL, NULL);
	uk_netbuf_free(&m);
	uk_netbuf_free(&m);
}

CASE(dies_netbuf_headroom_beyond_buffer)
{
	static uint8_t buf[8];
	static struct uk_netbuf m;

	uk_netbuf_init_indir(&m, buf, sizeof(buf), 9, NULL, NULL);
}

/* Unikraft writes in front of the memory. */
CASE(dies_netbuf_without_room)
{
	static uint64_t memory[32];

	uk_netbuf_prepare_buf(memory, sizeof(struct uk_netbuf), 0, 1, NULL);
}
