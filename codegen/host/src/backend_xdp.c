/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An AF_XDP socket that sends: frames are copied into memory that is shared
 * with the kernel, and one system call sends many of them. Copy mode works
 * with every driver, and sending needs neither a BPF program nor a library.
 *
 * What the kernel's documentation calls UMEM is divided into chunks. A chunk
 * is free, or in the transmit ring, or on its way, or in the completion ring.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64	/* for mmap() past 4 GiB */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <uk/essentials.h>
#include <uk/print.h>

#include "backend.h"
#include "iface.h"
#include "linux.h"

#ifndef AF_XDP
#define AF_XDP		44
#endif
#ifndef SOL_XDP
#define SOL_XDP		283
#endif

#define USAGE		"xdp:IF[:QUEUE]"

/* 1 MiB: locked memory is limited for those who are not root. */
#define CHUNKS		256U
#define CHUNK_LEN	4096U

/*
 * Chunks begin at equal places in their pages, and would share a few cache
 * sets: frames begin at a different line in each.
 */
#define STAGGER		64U
#define STAGGERED	16U
#define FRAME_MAX	(CHUNK_LEN - (STAGGERED - 1) * STAGGER)

/* The fill ring is for receiving, but no socket is bound without. */
#define FILL_DESCS	64

#define SEND_BUFFER_LEN	(1024 * 1024)

/* A queue is given back some time after the socket that had it is closed. */
#define BIND_WAIT_MSEC	3000
#define DRAIN_WAIT_MSEC	1000
#define PAUSE_MSEC	20

/* A ring's counters are written by one side each and never go back. */
struct ring {
	uint32_t *producer;
	uint32_t *consumer;
	void *descs;
	void *map;
	size_t map_len;
};

struct xdp {
	struct host_iface iface;
	uint32_t queue;
	int fd;
	int failed;		/* negative error code, reported already */
	unsigned char *chunks;
	struct ring tx;
	struct ring completion;
	uint32_t queued;	/* what tx.producer will be */
	uint32_t reaped;	/* what completion.consumer is */
	unsigned int nb_free;
	uint64_t free[CHUNKS];	/* where in the memory a frame may go */
};

static void pause_msec(long msec)
{
	const struct timespec pause = { .tv_nsec = msec * 1000000 };

	nanosleep(&pause, NULL);
}

/* Setting up */

static int parse(struct xdp *xdp, const char *spec)
{
	const char *colon = spec ? strchr(spec, ':') : NULL;
	unsigned long queue = 0;
	char *end;

	if (colon) {
		queue = strtoul(colon + 1, &end, 10);
		if (colon[1] < '0' || colon[1] > '9' || *end
		    || queue > UINT16_MAX) {
			uk_pr_err("device=" USAGE " takes the number of a queue, 0 to %u, not '%s'\n",
				  (unsigned int)UINT16_MAX, colon + 1);
			return -EINVAL;
		}
	}
	xdp->queue = (uint32_t)queue;
	return host_iface_open(&xdp->iface, USAGE, spec,
			       colon ? (size_t)(colon - spec)
				     : spec ? strlen(spec) : 0);
}

static int set_ring(const struct xdp *xdp, int option, int descs)
{
	return setsockopt(xdp->fd, SOL_XDP, option, &descs, sizeof(descs));
}

static int map_ring(const struct xdp *xdp, struct ring *ring, uint64_t place,
		    const struct xdp_ring_offset *offset, size_t desc_len)
{
	unsigned char *map;

	ring->map_len = (size_t)offset->desc + CHUNKS * desc_len;
	map = mmap(NULL, ring->map_len, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_POPULATE, xdp->fd, (off_t)place);
	if (map == MAP_FAILED)
		return -1;
	ring->map = map;
	ring->producer = (void *)(map + offset->producer);
	ring->consumer = (void *)(map + offset->consumer);
	ring->descs = map + offset->desc;
	return 0;
}

static int make_rings(struct xdp *xdp)
{
	struct xdp_umem_reg memory = {
		.len = CHUNKS * CHUNK_LEN,
		.chunk_size = CHUNK_LEN,
	};
	struct xdp_mmap_offsets offsets;
	socklen_t len = sizeof(offsets);
	const int send_buffer = SEND_BUFFER_LEN;
	int err;

	xdp->chunks = mmap(NULL, CHUNKS * CHUNK_LEN, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (xdp->chunks == MAP_FAILED) {
		xdp->chunks = NULL;
		return host_iface_failed(&xdp->iface, "get memory for", errno);
	}
	memory.addr = (uintptr_t)xdp->chunks;
	if (setsockopt(xdp->fd, SOL_XDP, XDP_UMEM_REG, &memory,
		       sizeof(memory))) {
		err = errno;
		if (err != ENOBUFS)
			return host_iface_failed(&xdp->iface,
						 "share memory for", err);
		uk_pr_err("cannot share %u KiB with the kernel: %s; raise the limit on locked memory (ulimit -l)\n",
			  CHUNKS * CHUNK_LEN / 1024, strerror(err));
		return -err;
	}

	/* More frames may be on their way then; it works without, too. */
	if (setsockopt(xdp->fd, SOL_SOCKET, SO_SNDBUF, &send_buffer,
		       sizeof(send_buffer)))
		uk_pr_debug("a small send buffer\n");

	if (set_ring(xdp, XDP_UMEM_FILL_RING, FILL_DESCS)
	    || set_ring(xdp, XDP_UMEM_COMPLETION_RING, CHUNKS)
	    || set_ring(xdp, XDP_TX_RING, CHUNKS)
	    || getsockopt(xdp->fd, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &len)
	    || map_ring(xdp, &xdp->tx, XDP_PGOFF_TX_RING, &offsets.tx,
			sizeof(struct xdp_desc))
	    || map_ring(xdp, &xdp->completion,
			XDP_UMEM_PGOFF_COMPLETION_RING, &offsets.cr,
			sizeof(uint64_t)))
		return host_iface_failed(&xdp->iface, "make rings for", errno);
	return 0;
}

static int attach(struct xdp *xdp)
{
	const struct sockaddr_xdp address = {
		.sxdp_family = AF_XDP,
		.sxdp_flags = XDP_COPY,
		.sxdp_ifindex = (uint32_t)xdp->iface.index,
		.sxdp_queue_id = xdp->queue,
	};
	int msec;

	for (msec = 0; bind(xdp->fd, (const struct sockaddr *)&address,
			    sizeof(address)); msec += PAUSE_MSEC) {
		if (errno == EINVAL) {
			uk_pr_err("interface '%s' has no queue %u to send from; 'ip -d link' shows how many it has\n",
				  xdp->iface.name, (unsigned int)xdp->queue);
			return -ENXIO;
		}
		if (errno != EBUSY || msec >= BIND_WAIT_MSEC)
			return host_iface_failed(&xdp->iface, "bind to",
						 errno);
		pause_msec(PAUSE_MSEC);
	}
	return 0;
}

static void release(struct xdp *xdp)
{
	if (xdp->tx.map)
		munmap(xdp->tx.map, xdp->tx.map_len);
	if (xdp->completion.map)
		munmap(xdp->completion.map, xdp->completion.map_len);
	if (xdp->fd >= 0)
		close(xdp->fd);
	if (xdp->chunks)
		munmap(xdp->chunks, CHUNKS * CHUNK_LEN);
	host_iface_close(&xdp->iface);
	free(xdp);
}

static int set_up(struct xdp *xdp, const char *spec)
{
	int rc;

	rc = parse(xdp, spec);
	if (!rc)
		rc = host_iface_find(&xdp->iface);
	if (!rc)
		rc = host_iface_wait(&xdp->iface);
	if (rc)
		return rc;

	xdp->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (xdp->fd < 0)
		return host_iface_failed(&xdp->iface, "open an XDP socket on",
					 errno);
	rc = make_rings(xdp);
	return rc ? rc : attach(xdp);
}

static int xdp_open(const char *spec, void **state)
{
	struct xdp *xdp;
	unsigned int i;
	int rc;

	xdp = calloc(1, sizeof(*xdp));
	if (!xdp) {
		uk_pr_err("device=" USAGE ": no memory\n");
		return -ENOMEM;
	}
	xdp->fd = -1;
	xdp->iface.fd = -1;
	rc = set_up(xdp, spec);
	if (rc) {
		release(xdp);
		return rc;
	}
	for (i = 0; i < CHUNKS; i++)
		xdp->free[i] = i * CHUNK_LEN + i % STAGGERED * STAGGER;
	xdp->nb_free = CHUNKS;
	*state = xdp;
	return 0;
}

static int xdp_hwaddr(void *state, uint8_t mac[6])
{
	struct xdp *xdp = state;

	return host_iface_hwaddr(&xdp->iface, mac);
}

static unsigned int xdp_mtu(void *state)
{
	struct xdp *xdp = state;

	return MIN(host_iface_mtu(&xdp->iface),
		   FRAME_MAX - (unsigned int)ETH_HLEN);
}

/* Sending */

/* Frees the chunks of frames that the interface is done with. */
static void reap(struct xdp *xdp)
{
	const uint64_t *done = xdp->completion.descs;
	const uint32_t end = __atomic_load_n(xdp->completion.producer,
					     __ATOMIC_ACQUIRE);

	while (xdp->reaped != end)
		xdp->free[xdp->nb_free++] = done[xdp->reaped++ % CHUNKS];
	__atomic_store_n(xdp->completion.consumer, end, __ATOMIC_RELEASE);
}

/* Frames in the transmit ring that the kernel has yet to take. */
static uint32_t pending(const struct xdp *xdp)
{
	return xdp->queued - __atomic_load_n(xdp->tx.consumer,
					     __ATOMIC_ACQUIRE);
}

/*
 * Has the kernel send what is in the transmit ring: some 32 frames a call.
 * Returns as soon as a call sends nothing; what is left is sent later.
 */
static int kick(struct xdp *xdp)
{
	uint32_t before, after;
	int full;
	int rc;

	for (before = pending(xdp); before; before = after) {
		full = sendto(xdp->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0;
		if (unlikely(full && errno != EAGAIN && errno != EBUSY
			     && errno != ENOBUFS && errno != EINTR)) {
			xdp->failed = host_iface_failed(&xdp->iface, "send on",
							errno);
			return xdp->failed;
		}
		after = pending(xdp);

		/* Busy: it went nowhere, though the kernel is done with it. */
		rc = host_iface_moved(&xdp->iface,
				      after != before
				      && !(full && errno == EBUSY));
		if (unlikely(rc)) {
			xdp->failed = rc;
			return rc;
		}
		if (after == before)
			break;
	}
	return 0;
}

static int xdp_xmit(void *state, const struct host_frame frames[],
		    unsigned int count)
{
	struct xdp *xdp = state;
	struct xdp_desc *descs = xdp->tx.descs;
	struct xdp_desc *desc;
	unsigned int i;
	int rc;

	if (xdp->failed)
		return xdp->failed;

	reap(xdp);
	if (unlikely(!xdp->nb_free)) {
		rc = kick(xdp);
		if (rc)
			return rc;
		reap(xdp);
		if (!xdp->nb_free)
			return host_iface_moved(&xdp->iface, 0);
	}

	/* There are as many chunks as descriptors: a free one has one. */
	count = MIN(count, xdp->nb_free);
	for (i = 0; i < count; i++) {
		if (unlikely(frames[i].len > FRAME_MAX)) {
			uk_pr_err("device=" USAGE " takes frames of up to %u bytes, not %zu; use device=packet:%s\n",
				  FRAME_MAX, frames[i].len, xdp->iface.name);
			xdp->failed = -EMSGSIZE;
			return xdp->failed;
		}
		desc = &descs[xdp->queued++ % CHUNKS];
		desc->addr = xdp->free[--xdp->nb_free];
		desc->len = (uint32_t)frames[i].len;
		desc->options = 0;
		memcpy(xdp->chunks + desc->addr, frames[i].data,
		       frames[i].len);
	}
	__atomic_store_n(xdp->tx.producer, xdp->queued, __ATOMIC_RELEASE);

	rc = kick(xdp);
	return rc ? rc : (int)count;
}

/* Waits until the kernel has taken what is in the transmit ring. */
static int drain(struct xdp *xdp)
{
	int msec;
	int rc;

	for (msec = 0; !xdp->failed && pending(xdp); msec += PAUSE_MSEC) {
		rc = kick(xdp);
		if (rc || !pending(xdp))
			break;
		if (msec >= DRAIN_WAIT_MSEC) {
			uk_pr_err("interface '%s' did not take the last %u frames within %d ms\n",
				  xdp->iface.name, (unsigned int)pending(xdp),
				  DRAIN_WAIT_MSEC);
			xdp->failed = -ETIMEDOUT;
			break;
		}
		pause_msec(PAUSE_MSEC);
	}
	return xdp->failed;
}

static int xdp_close(void *state)
{
	struct xdp *xdp = state;
	const int rc = drain(xdp);

	release(xdp);
	return rc;
}

const struct host_backend host_backend_xdp = {
	.name = "xdp",
	.usage = USAGE,
	.summary = "send on an interface, through an AF_XDP socket",
	.open = xdp_open,
	.xmit = xdp_xmit,
	.close = xdp_close,
	.mtu = xdp_mtu,
	.hwaddr = xdp_hwaddr,
};
