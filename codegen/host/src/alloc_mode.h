/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the two modes of the default allocator share.
 */
#ifndef HOST_ALLOC_MODE_H
#define HOST_ALLOC_MODE_H

#include <stdbool.h>

#include <uk/alloc.h>

/** What Unikraft accepts: 0 stands for any alignment. */
static inline bool host_alloc_alignment_ok(__sz align)
{
	return (align & (align - 1)) == 0 && align % sizeof(void *) == 0;
}

/**
 * Replaces the default allocator's functions. Refused (-EBUSY) once somebody
 * holds the allocator: a block has to be freed by what allocated it.
 */
int host_alloc_replace(const struct uk_alloc *functions);

#endif /* HOST_ALLOC_MODE_H */
