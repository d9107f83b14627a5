/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the emitted strategies are compared with: the baseline of the 2021
 * tutorial, which makes each packet with uk_netbuf_alloc_buf() and frees it with
 * uk_netbuf_free(), and a bare memcpy() of the frame. WHO chooses one of them.
 * The sinks are those of the emitted program.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uk/alloc.h>
#include <uk/allocpool.h>
#include <uk/essentials.h>
#include <uk/netbuf.h>
#include <uk/plat/time.h>

#define WHO_MEMCPY	0
#define WHO_REFCOUNT	1
#define WHO_GEN		2
#define WHO_DUP		3

#ifndef WHO
#define WHO		WHO_MEMCPY
#endif

/* Geometry of a virtio device */
#define HEADROOM	16
#define ALIGNMENT	2048
#define HEADERS		42
#define LENGTH_MAX	1514

#if CONFIG_APPPKTGEN_SINK_WINDOW
#define NB_HELD		CONFIG_APPPKTGEN_SINK_WINDOW
#else
#define NB_HELD		1
#endif

/* Objects of a pool: those that are held, and as many as a queue has */
#define NB_OBJECTS	(NB_HELD + 257)

#define NSEC_PER_SEC	1000000000ULL
#define NB_ROUND	1024

static uint8_t frame[LENGTH_MAX];
static uint16_t length = 60;

#if WHO == WHO_MEMCPY
static uint8_t *buffers[NB_HELD];

static void init(void)
{
	unsigned int i;

	for (i = 0; i < NB_HELD; i++)
		buffers[i] = uk_memalign(uk_alloc_get_default(), ALIGNMENT,
					 ALIGNMENT);
}

static void one_packet(unsigned int n)
{
	uint8_t *to = buffers[n % NB_HELD];

	memcpy(to + HEADROOM, frame, length);
	/* The copy must happen, whoever reads it */
	__asm__ __volatile__("" : : "r"(to) : "memory");
}
#else
static struct uk_alloc *alloc;

static void put(struct uk_netbuf *pkt, unsigned int n)
{
#if CONFIG_APPPKTGEN_SINK_WINDOW
	static struct uk_netbuf *held[NB_HELD];
	struct uk_netbuf **slot = &held[n % NB_HELD];

	if (*slot)
		uk_netbuf_free(*slot);
	*slot = pkt;
	pkt->data = (uint8_t *)pkt->data - HEADROOM;
	pkt->len = (uint16_t)(pkt->len + HEADROOM);
#else
	(void)n;
	uk_netbuf_free(pkt);
#endif
}

#if WHO == WHO_REFCOUNT
static struct uk_netbuf *shared;

static void init(void)
{
	alloc = uk_alloc_get_default();
	shared = uk_netbuf_alloc_buf(alloc, (size_t)HEADROOM + length,
				     ALIGNMENT, HEADROOM, 0, NULL);
	shared->len = length;
}

static void one_packet(unsigned int n)
{
	uk_netbuf_ref(shared);
	put(shared, n);
	/* Else the window's header would eat up the headroom */
	shared->data = (uint8_t *)shared->buf + HEADROOM;
	shared->len = length;
}
#else
static void init(void)
{
	alloc = uk_alloc_get_default();
#ifdef POOL
	alloc = uk_allocpool2ukalloc(uk_allocpool_alloc(alloc, NB_OBJECTS,
			HEADROOM + LENGTH_MAX + 8 + sizeof(struct uk_netbuf),
			ALIGNMENT));
#endif
}

#if WHO == WHO_GEN
/*
 * Header by header, field by field, and the payload byte by byte; with the
 * tutorial's checksum, which sums 20 words and guesses the carries. It is wrong,
 * but this is what it costs.
 */
static void write_frame(uint8_t *to)
{
	const unsigned int n = length;
	uint16_t sum = 0;
	unsigned int i;

	for (i = 0; i < 12; i++)
		to[i] = i < 6 ? 0xff : 0x02;
	to[12] = 0x08;
	to[13] = 0x00;
	to[14] = 0x45;
	to[15] = 0;
	to[16] = (uint8_t)((length - 14) >> 8);
	to[17] = (uint8_t)(length - 14);
	memset(to + 18, 0, 4);
	to[22] = 64;
	to[23] = 17;
	to[24] = 0;
	to[25] = 0;
	memcpy(to + 26, frame + 26, 8);
	memcpy(to + 34, frame + 34, 4);
	to[38] = (uint8_t)((length - 34) >> 8);
	to[39] = (uint8_t)(length - 34);
	to[40] = 0;
	to[41] = 0;
	for (i = 14; i < 54; i += 2)
		sum = (uint16_t)(sum + (to[i] << 8 | to[i + 1]));
	sum = (uint16_t)~(sum + 2);
	to[24] = (uint8_t)(sum >> 8);
	to[25] = (uint8_t)sum;
	for (i = HEADERS; i < n; i++) {
		to[i] = 'U';
		/* A byte a step, as it is written; not what a compiler makes of it */
		__asm__ __volatile__("");
	}
}
#else
static void write_frame(uint8_t *to)
{
	memcpy(to, frame, length);
}
#endif

static void one_packet(unsigned int n)
{
	struct uk_netbuf *pkt;

	pkt = uk_netbuf_alloc_buf(alloc, (size_t)HEADROOM + length, ALIGNMENT,
				  HEADROOM, 0, NULL);
	if (unlikely(!pkt))
		abort();
	pkt->len = length;
	write_frame(pkt->data);
	put(pkt, n);
}
#endif
#endif

static uint64_t argument(int argc, char *argv[], const char *key, uint64_t other)
{
	const size_t n = strlen(key);
	int i;

	for (i = 1; i < argc; i++) {
		if (strncmp(argv[i], key, n) == 0 && argv[i][n] == '=')
			return strtoull(argv[i] + n + 1, NULL, 10);
	}
	return other;
}

int main(int argc, char *argv[])
{
	const uint64_t most = argument(argc, argv, "milliseconds", 200) * 1000000;
	uint64_t sent = 0;
	__nsec start, elapsed;
	unsigned int i;

	length = (uint16_t)argument(argc, argv, "length", length);
	memset(frame, 'U', sizeof(frame));
	init();
	start = ukplat_monotonic_clock();
	do {
		for (i = 0; i < NB_ROUND; i++)
			one_packet((unsigned int)sent + i);
		sent += NB_ROUND;
		elapsed = ukplat_monotonic_clock() - start;
	} while (elapsed < most);
	printf("{\"sent\":%" PRIu64 ",\"seconds\":%" PRIu64 ".%09" PRIu64 "}\n", sent,
	       (uint64_t)(elapsed / NSEC_PER_SEC), (uint64_t)(elapsed % NSEC_PER_SEC));
	return 0;
}
