/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes of a frame: loads and stores in both byte orders, and copies. It needs
 * no libc: two headers that every compiler brings along, C11 or C++, on any
 * machine and in any byte order.
 */
#ifndef BYTES_H
#define BYTES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define BYTES_ASSERT(condition, why) static_assert(condition, why)
extern "C" {
#else
#define BYTES_ASSERT(condition, why) _Static_assert(condition, why)
#endif

/** An IPv4 address in host byte order: IPv4(192, 0, 2, 1) is 192.0.2.1 */
#define IPv4(a, b, c, d)						\
	(((uint32_t)(a) << 24) | ((uint32_t)(b) << 16) |		\
	 ((uint32_t)(c) << 8) | (uint32_t)(d))

/*
 * Stores in network (be) and in little-endian (le) byte order. They are
 * plain byte operations, right on every architecture and at every address;
 * compilers turn each into one store.
 */
static inline void put_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void put_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static inline void put_be48(uint8_t *p, uint64_t v)
{
	put_be16(p, (uint16_t)(v >> 32));
	put_be32(p + 2, (uint32_t)v);
}

static inline void put_be64(uint8_t *p, uint64_t v)
{
	put_be32(p, (uint32_t)(v >> 32));
	put_be32(p + 4, (uint32_t)v);
}

static inline void put_le16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void put_le32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}

static inline void put_le64(uint8_t *p, uint64_t v)
{
	put_le32(p, (uint32_t)v);
	put_le32(p + 4, (uint32_t)(v >> 32));
}

static inline uint16_t get_be16(const uint8_t *p)
{
	return (uint16_t)(((unsigned int)p[0] << 8) | p[1]);
}

static inline uint32_t get_be32(const uint8_t *p)
{
	return ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16) |
	       ((uint32_t)p[2] << 8) | (uint32_t)p[3];
}

static inline uint64_t get_be48(const uint8_t *p)
{
	return ((uint64_t)p[0] << 40) | ((uint64_t)p[1] << 32) |
	       ((uint64_t)p[2] << 24) | ((uint64_t)p[3] << 16) |
	       ((uint64_t)p[4] << 8) | (uint64_t)p[5];
}

static inline uint64_t get_be64(const uint8_t *p)
{
	return ((uint64_t)get_be32(p) << 32) | get_be32(p + 4);
}

static inline uint16_t get_le16(const uint8_t *p)
{
	return (uint16_t)(((unsigned int)p[1] << 8) | p[0]);
}

static inline uint32_t get_le32(const uint8_t *p)
{
	return ((uint32_t)p[3] << 24) | ((uint32_t)p[2] << 16) |
	       ((uint32_t)p[1] << 8) | (uint32_t)p[0];
}

static inline uint64_t get_le64(const uint8_t *p)
{
	return ((uint64_t)get_le32(p + 4) << 32) | get_le32(p);
}

/** The smaller one of two numbers */
static inline uint64_t at_most(uint64_t v, uint64_t most)
{
	return v < most ? v : most;
}

/*
 * Fields of a few bytes, of a constant number: one or two moves. BPF knows no
 * calls that compilers might make of them.
 */
static inline void copy_bytes(uint8_t *to, const uint8_t *from, size_t len)
{
#ifdef __bpf__
	while (len--)
		to[len] = from[len];
#else
	__builtin_memcpy(to, from, len);
#endif
}

static inline int bytes_differ(const uint8_t *a, const uint8_t *b, size_t len)
{
#ifdef __bpf__
	uint8_t differ = 0;

	while (len--)
		differ |= (uint8_t)(a[len] ^ b[len]);
	return differ != 0;
#else
	return __builtin_memcmp(a, b, len) != 0;
#endif
}

/*
 * Copy and fill frames. Short ones are done here, in blocks of a constant size
 * that compilers turn into single moves, the last one overlapping the one
 * before it; a call costs more than that. Long ones are left to the libc, but
 * not to nolibc, which goes byte by byte, and not where there is none. The
 * barrier keeps compilers from turning the loops back into calls.
 */
#define FRAME_BLOCK	16U

#if CONFIG_LIBNOLIBC || defined(__bpf__)
#define FRAME_IS_LONG(len)	0
#else
#define FRAME_IS_LONG(len)	((len) >= 256)
#endif

static inline void frame_copy(uint8_t *to, const uint8_t *from, size_t len)
{
	size_t i;

	if (FRAME_IS_LONG(len)) {
		__builtin_memcpy(to, from, len);
		return;
	}
	if (len < FRAME_BLOCK) {
		for (i = 0; i < len; i++) {
			to[i] = from[i];
			__asm__ __volatile__("" : : : "memory");
		}
		return;
	}
	for (i = 0; i < len - FRAME_BLOCK; i += FRAME_BLOCK) {
		__builtin_memcpy(to + i, from + i, FRAME_BLOCK);
		__asm__ __volatile__("" : : : "memory");
	}
	__builtin_memcpy(to + len - FRAME_BLOCK, from + len - FRAME_BLOCK,
			 FRAME_BLOCK);
}

static inline void frame_fill(uint8_t *to, uint8_t value, size_t len)
{
	size_t i;

	if (FRAME_IS_LONG(len)) {
		__builtin_memset(to, value, len);
		return;
	}
	if (len < FRAME_BLOCK) {
		for (i = 0; i < len; i++) {
			to[i] = value;
			__asm__ __volatile__("" : : : "memory");
		}
		return;
	}
	for (i = 0; i < len - FRAME_BLOCK; i += FRAME_BLOCK) {
		__builtin_memset(to + i, value, FRAME_BLOCK);
		__asm__ __volatile__("" : : : "memory");
	}
	__builtin_memset(to + len - FRAME_BLOCK, value, FRAME_BLOCK);
}

/** Fill with a pattern of size bytes, from its first byte on */
static inline void frame_repeat(uint8_t *to, const uint8_t *pattern,
				size_t size, size_t len)
{
	size_t done = size < len ? size : len, more;

	/* Of a short array, compilers would warn of a long copy that cannot
	 * happen: they do not know that the size is that of a part of it.
	 */
	__asm__("" : "+r"(pattern));
	frame_copy(to, pattern, done);
	/* Twice as much each time: what is there is copied behind itself */
	for (; done < len; done += more) {
		more = len - done < done ? len - done : done;
		frame_copy(to + done, to, more);
	}
}

/**
 * Byte i of what a checksum covers; the size bytes from field on are the
 * checksum itself, and count as zero
 */
static inline uint8_t csum_octet(const uint8_t *p, size_t i, size_t field,
				 size_t size)
{
	return i - field < size ? 0 : p[i];
}

#ifdef __cplusplus
}
#endif

#endif /* BYTES_H */
