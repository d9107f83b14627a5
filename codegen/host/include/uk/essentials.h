/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Small macros that nearly every Unikraft source relies on.
 *
 * Each is guarded: libc headers (sys/param.h, sys/cdefs.h) define some of
 * them too, and whoever comes first wins.
 */
#ifndef HOST_UK_ESSENTIALS_H
#define HOST_UK_ESSENTIALS_H

#include <stddef.h>

#include <uk/config.h>

#ifndef likely
#define likely(x)	__builtin_expect(!!(x), 1)
#endif

#ifndef unlikely
#define unlikely(x)	__builtin_expect(!!(x), 0)
#endif

#ifndef __packed
#define __packed	__attribute__((packed))
#endif

#ifndef __unused
#define __unused	__attribute__((unused))
#endif

#ifndef __maybe_unused
#define __maybe_unused	__attribute__((unused))
#endif

#ifndef __used
#define __used		__attribute__((used))
#endif

#ifndef __weak
#define __weak		__attribute__((weak))
#endif

#ifndef __noreturn
#define __noreturn	__attribute__((noreturn))
#endif

#ifndef __noinline
#define __noinline	__attribute__((noinline))
#endif

#ifndef __align
#define __align(bytes)	__attribute__((aligned(bytes)))
#endif

#ifndef __check_result
#define __check_result	__attribute__((warn_unused_result))
#endif

#ifndef __printf
#define __printf(fmt, args)	__attribute__((format(printf, fmt, args)))
#endif

#ifndef __offsetof
#define __offsetof(type, member)	offsetof(type, member)
#endif

#ifndef __containerof
#define __containerof(ptr, type, member)				\
	((type *)(void *)((char *)(ptr) - offsetof(type, member)))
#endif

#ifndef STRINGIFY
#define HOST_STRINGIFY(x)	#x
#define STRINGIFY(x)		HOST_STRINGIFY(x)
#endif

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#endif

/*
 * Plain conditionals rather than statement expressions, so that a C parser
 * without GNU extensions reads them. They evaluate an argument twice.
 */
#ifndef MIN
#define MIN(a, b)	((a) < (b) ? (a) : (b))
#endif

#ifndef MAX
#define MAX(a, b)	((a) > (b) ? (a) : (b))
#endif

#ifndef POWER_OF_2
#define POWER_OF_2(v)	((v) != 0 && ((v) & ((v) - 1)) == 0)
#endif

/* The alignment has to be a power of two in the three macros below. */
#ifndef ALIGN_UP
#define ALIGN_UP(v, align)	(((v) + ((align) - 1)) & ~((align) - 1))
#endif

#ifndef ALIGN_DOWN
#define ALIGN_DOWN(v, align)	((v) & ~((align) - 1))
#endif

#ifndef IS_ALIGNED
#define IS_ALIGNED(v, align)	(((v) & ((align) - 1)) == 0)
#endif

#ifndef DIV_ROUND_UP
#define DIV_ROUND_UP(v, d)	(((v) + (d) - 1) / (d))
#endif

#endif /* HOST_UK_ESSENTIALS_H */
