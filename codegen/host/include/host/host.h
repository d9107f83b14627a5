/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the host platform offers beyond Unikraft's interface, for whoever
 * drives an application from outside: the program's main(), tests, and
 * Python through cffi. Applications never include it.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct uk_netdev;

/*
 * Devices
 */
struct host_netdev_settings {
	const char *device;	/* "null", "loop:FRAMES", "pcap:FILE", "tap:NAME", ... */
	uint16_t ioalign;	/* reported alignment of buffers */
	uint16_t encap;		/* header prepended in place, tx and rx */
	uint16_t ring;		/* descriptors of a queue */
	uint16_t descs;		/* descriptors that a packet takes */
	uint16_t batch;		/* packets handed to the backend at once */
	uint16_t mtu;
	uint16_t rx_extra;	/* received lengths are too large by this */
	uint8_t mac[6];
	uint8_t mac_chosen;	/* not 0: also where the backend has one */
};

struct host_netdev_stats {
	uint64_t tx_packets;	/* that the backend took */
	uint64_t tx_bytes;
	uint64_t rx_packets;	/* that the application got */
	uint64_t rx_bytes;
	uint64_t rx_dropped;	/* too long for the buffer that was posted */
};

/** Fills in a virtio-like device without a wire. */
void host_netdev_settings_init(struct host_netdev_settings *settings);

/**
 * Makes a device, with the lowest number that is free.
 * @return
 *   (NULL) on failure, with errno set and the reason on standard error:
 *   EINVAL means that a setting is wrong
 */
struct uk_netdev *host_netdev_create(
			const struct host_netdev_settings *settings);

/**
 * Sends what is pending, frees every netbuf in the rings (destructors run),
 * and closes the backend.
 * @return
 *   0, or the negative error code that the backend failed with at any time
 */
int host_netdev_destroy(struct uk_netdev *dev);

/**
 * Hands what is pending to the backend, and makes it write out what it
 * holds back. Nothing is reclaimed.
 * @return
 *   the number of packets that the backend did not take yet, or a negative
 *   error code
 */
int host_netdev_flush(struct uk_netdev *dev);

void host_netdev_stats_get(struct uk_netdev *dev,
			   struct host_netdev_stats *stats);

/**
 * Takes a frame off the wire at its far end, past the receive queue. Only
 * backends that deliver frames have any.
 * @return
 *   the frame's length (if that is more than `room`, the frame is lost),
 *   0 if there is none, or a negative error code
 */
ssize_t host_netdev_take(struct uk_netdev *dev, void *buf, size_t room);

/**
 * Puts a frame on the wire at its far end, for the device to receive.
 * @return
 *   1, 0 if the wire is full, -ENOTSUP if nothing comes back from this
 *   backend, or another negative error code
 */
int host_netdev_inject(struct uk_netdev *dev, const void *frame, size_t len);

/*
 * The default allocator
 */

/**
 * Turns the checking mode of the default allocator on: each new block is
 * filled with this byte and stands between guard zones. Once on, it stays
 * on, and a further call only changes the byte.
 * @return
 *   0, or -EBUSY if the allocator was handed out before in its fast mode
 */
int host_alloc_poison(uint8_t byte);

/**
 * Lets `n` more allocations succeed and the one after them fail, once.
 * Turns the checking mode on. -1: none fails.
 * @return
 *   as host_alloc_poison()
 */
int host_alloc_fail_after(long n);

/**
 * Looks at the guard zones of all live blocks.
 * @return
 *   the number of blocks found damaged now, or when they were freed, each
 *   of which was reported on standard error
 */
unsigned int host_alloc_check(void);

/** Blocks, and bytes in them, that are allocated in the checking mode. */
size_t host_alloc_live(void);
size_t host_alloc_live_bytes(void);

/*
 * The clock
 */

/**
 * Stops the clocks at `now`; each reading of the monotonic clock moves them
 * on by `step`, in nanoseconds, after it was taken.
 */
void host_clock_set(uint64_t now, uint64_t step);

/** Back to the real clocks. */
void host_clock_clear(void);

/*
 * Messages: one of KLVL_* in uk/print.h.
 */
void host_log_level_set(int level);

#endif /* HOST_HOST_H */
