/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory pools.
 *
 * The free list is doubly linked and closed to a ring through the pool,
 * although a last-in-first-out list needs neither: it is how Unikraft keeps
 * it, so a free object loses the same 16 bytes here, and taking an object
 * touches the same second cache line. For the same reason the pool has the
 * members that Unikraft's has, in their order: as many objects fit into equal
 * memory.
 */
#include <string.h>

#include <uk/alloc_impl.h>
#include <uk/allocpool.h>

struct free_obj {
	struct free_obj *next;
	struct free_obj *prev;
};

struct uk_allocpool {
	struct uk_alloc self;

	struct free_obj free_list;
	unsigned int free_count;

	__sz obj_align;
	__sz obj_len;
	unsigned int obj_count;

	struct uk_alloc *parent;	/* (NULL) if the memory is not ours */
	void *base;
};

#define OBJ_MIN_LEN	sizeof(struct free_obj)
#define OBJ_MIN_ALIGN	sizeof(void *)

static struct uk_allocpool *to_pool(struct uk_alloc *a)
{
	return __containerof(a, struct uk_allocpool, self);
}

struct uk_alloc *uk_allocpool2ukalloc(struct uk_allocpool *p)
{
	UK_ASSERT(p);

	return &p->self;
}

static void put_obj(struct uk_allocpool *p, void *mem)
{
	struct free_obj *obj = mem;

	UK_ASSERT(obj);
	UK_ASSERT(p->free_count < p->obj_count);

	obj->next = p->free_list.next;
	obj->prev = &p->free_list;
	obj->next->prev = obj;
	p->free_list.next = obj;
	p->free_count++;
}

static void *get_obj(struct uk_allocpool *p)
{
	struct free_obj *obj = p->free_list.next;

	if (unlikely(obj == &p->free_list))
		return NULL;

	UK_ASSERT(p->free_count > 0);
	obj->next->prev = obj->prev;
	obj->prev->next = obj->next;
	p->free_count--;
	return obj;
}

static void *pool_malloc(struct uk_alloc *a, __sz size)
{
	struct uk_allocpool *p = to_pool(a);
	void *obj = NULL;

	if (likely(size <= p->obj_len))
		obj = get_obj(p);
	if (unlikely(!obj))
		errno = ENOMEM;
	return obj;
}

static int pool_posix_memalign(struct uk_alloc *a, void **memptr, __sz align,
			       __sz size)
{
	struct uk_allocpool *p = to_pool(a);
	void *obj;

	if (unlikely(size > p->obj_len || align > p->obj_align))
		return ENOMEM;

	obj = get_obj(p);
	if (unlikely(!obj))
		return ENOMEM;
	*memptr = obj;
	return 0;
}

static void pool_free(struct uk_alloc *a, void *ptr)
{
	if (likely(ptr))
		put_obj(to_pool(a), ptr);
}

static __ssz pool_maxalloc(struct uk_alloc *a)
{
	return (__ssz)to_pool(a)->obj_len;
}

static __ssz pool_availmem(struct uk_alloc *a)
{
	struct uk_allocpool *p = to_pool(a);

	return (__ssz)(p->free_count * p->obj_len);
}

unsigned int uk_allocpool_availcount(struct uk_allocpool *p)
{
	return p->free_count;
}

__sz uk_allocpool_objlen(struct uk_allocpool *p)
{
	return p->obj_len;
}

void *uk_allocpool_take(struct uk_allocpool *p)
{
	UK_ASSERT(p);

	return get_obj(p);
}

unsigned int uk_allocpool_take_batch(struct uk_allocpool *p,
				     void *obj[], unsigned int count)
{
	unsigned int i;

	UK_ASSERT(p);
	UK_ASSERT(obj);

	count = MIN(count, p->free_count);
	for (i = 0; i < count; i++)
		obj[i] = get_obj(p);
	return count;
}

void uk_allocpool_return(struct uk_allocpool *p, void *obj)
{
	UK_ASSERT(p);

	put_obj(p, obj);
}

void uk_allocpool_return_batch(struct uk_allocpool *p,
			       void *obj[], unsigned int count)
{
	unsigned int i;

	UK_ASSERT(p);
	UK_ASSERT(obj);

	for (i = 0; i < count; i++)
		put_obj(p, obj[i]);
}

__sz uk_allocpool_reqmem(unsigned int obj_count, __sz obj_len,
			 __sz obj_align)
{
	UK_ASSERT(POWER_OF_2(obj_align));

	obj_align = MAX(obj_align, OBJ_MIN_ALIGN);
	obj_len = ALIGN_UP(MAX(obj_len, OBJ_MIN_LEN), obj_align);

	/* Wherever the pool starts, its first object can be aligned. */
	return sizeof(struct uk_allocpool) + obj_align + obj_count * obj_len;
}

struct uk_allocpool *uk_allocpool_init(void *base, __sz len,
				       __sz obj_len, __sz obj_align)
{
	struct uk_allocpool *p = base;
	__sz used;

	UK_ASSERT(POWER_OF_2(obj_align));

	if (!base || len < sizeof(*p)) {
		errno = ENOSPC;
		return NULL;
	}

	obj_align = MAX(obj_align, OBJ_MIN_ALIGN);
	obj_len = ALIGN_UP(MAX(obj_len, OBJ_MIN_LEN), obj_align);

	memset(p, 0, sizeof(*p));
	p->obj_len = obj_len;
	p->obj_align = obj_align;
	p->base = base;

	/*
	 * Where the memory ends before an object could start, Unikraft leaves
	 * the list as it is: whoever takes from such a pool meets an assertion.
	 * One that only lacks room for a whole object is empty, and says so.
	 */
	used = ALIGN_UP((__uptr)base + sizeof(*p), obj_align) - (__uptr)base;
	if (used <= len) {
		p->free_list.next = &p->free_list;
		p->free_list.prev = &p->free_list;
		for (; len - used >= obj_len; used += obj_len) {
			p->obj_count++;
			put_obj(p, (__u8 *)base + used);
		}
	}

	uk_alloc_init_malloc(&p->self, pool_malloc, uk_calloc_compat,
			     uk_realloc_compat, pool_free,
			     pool_posix_memalign, uk_memalign_compat,
			     pool_maxalloc, pool_availmem, NULL);

	uk_pr_debug("%p: pool of %u objects, %zu bytes each, aligned to %zu\n",
		    (void *)p, p->obj_count, p->obj_len, p->obj_align);
	return p;
}

struct uk_allocpool *uk_allocpool_alloc(struct uk_alloc *parent,
					unsigned int obj_count,
					__sz obj_len, __sz obj_align)
{
	__sz len = uk_allocpool_reqmem(obj_count, obj_len, obj_align);
	struct uk_allocpool *p;
	void *base;

	base = uk_malloc(parent, len);
	if (!base)
		return NULL;

	p = uk_allocpool_init(base, len, obj_len, obj_align);
	UK_ASSERT(p);
	p->parent = parent;
	return p;
}

void uk_allocpool_free(struct uk_allocpool *p)
{
	UK_ASSERT(p);
	UK_ASSERT(p->parent);
	UK_ASSERT(p->free_count == p->obj_count);

	UK_CRASH("uk_allocpool_free() is not implemented on Unikraft\n");
}
