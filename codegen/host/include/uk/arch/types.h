/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unikraft's own integer names, mapped to the host's <stdint.h>.
 */
#ifndef HOST_UK_ARCH_TYPES_H
#define HOST_UK_ARCH_TYPES_H

#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef int8_t		__s8;
typedef uint8_t		__u8;
typedef int16_t		__s16;
typedef uint16_t	__u16;
typedef int32_t		__s32;
typedef uint32_t	__u32;
typedef int64_t		__s64;
typedef uint64_t	__u64;

typedef intptr_t	__sptr;
typedef uintptr_t	__uptr;
typedef size_t		__sz;
typedef ssize_t		__ssz;

/* Time in nanoseconds. */
typedef uint64_t	__nsec;
typedef int64_t		__snsec;

/*
 * A counter that several owners may touch at once. A plain integer in a
 * struct, as in Unikraft: who changes it atomically is uk/refcount.h.
 */
typedef struct {
	__u32 counter;
} __atomic;

#define __PRIs8		PRId8
#define __PRIu8		PRIu8
#define __PRIx8		PRIx8
#define __PRIs16	PRId16
#define __PRIu16	PRIu16
#define __PRIx16	PRIx16
#define __PRIs32	PRId32
#define __PRIu32	PRIu32
#define __PRIx32	PRIx32
#define __PRIs64	PRId64
#define __PRIu64	PRIu64
#define __PRIx64	PRIx64
#define __PRIuptr	PRIxPTR
#define __PRIsz		"zu"
#define __PRIssz	"zd"
#define __PRInsec	PRIu64
#define __PRIsnsec	PRId64

#ifndef __NULL
#define __NULL		((void *)0)
#endif

#define __U8_MAX	UINT8_MAX
#define __U16_MAX	UINT16_MAX
#define __U32_MAX	UINT32_MAX
#define __U64_MAX	UINT64_MAX
#define __NSEC_MAX	UINT64_MAX

#endif /* HOST_UK_ARCH_TYPES_H */
