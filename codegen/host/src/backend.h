/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a device's frames go to, and come from.
 *
 * The device does everything that an application can see: rings, headers,
 * reference counts. A backend moves bytes. To add one, write a C file that
 * defines `const struct host_backend host_backend_NAME`, and add NAME to
 * the list below.
 */
#ifndef HOST_BACKEND_H
#define HOST_BACKEND_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HOST_BACKENDS(X)						\
	X(null)								\
	X(loop)								\
	X(pcap)								\
	X(replay)							\
	X(repeat)							\
	X(tap)								\
	X(packet)							\
	X(xdp)

/* A frame as it is on the wire, without the encapsulation header. */
struct host_frame {
	const void *data;
	size_t len;
};

struct host_backend {
	/* What device= starts with, and how the whole value looks. */
	const char *name;
	const char *usage;
	const char *summary;

	/**
	 * @param spec
	 *   what follows "name:", or (NULL)
	 * @param state
	 *   takes what the other functions are called with
	 * @return
	 *   0, or a negative error code, after reporting the reason;
	 *   -EINVAL is for a wrong `spec` alone
	 */
	int (*open)(const char *spec, void **state);

	/**
	 * Called when the application starts the device, by when it has
	 * checked what it was asked for; (NULL) if that changes nothing. What
	 * cannot be undone, such as opening a file for writing, begins here.
	 * @return
	 *   0, or a negative error code after having reported the reason
	 */
	int (*start)(void *state);

	/**
	 * Sends frames, in order. The device keeps those that are not taken,
	 * and offers them again.
	 * @return
	 *   the number of frames taken, at least one unless the backend is
	 *   full, or a negative error code, after reporting the reason;
	 *   the device does not come back after an error
	 */
	int (*xmit)(void *state, const struct host_frame frames[],
		    unsigned int count);

	/**
	 * Receives one frame; (NULL) if frames never come back.
	 * @return
	 *   its length (if that is more than `room`, the frame is gone),
	 *   0 if there is none, or a negative error code
	 */
	ssize_t (*recv)(void *state, void *buf, size_t room);

	/** Writes out what is held back; (NULL) if nothing ever is. */
	int (*flush)(void *state);

	/** Flushes, and releases everything, even when flushing fails. */
	int (*close)(void *state);

	/**
	 * Gives the address that the device has unless the user chose one;
	 * (NULL) if any will do.
	 * @return
	 *   0, or a negative error code: the device keeps the address it has
	 */
	int (*hwaddr)(void *state, uint8_t mac[6]);

	/**
	 * Returns the longest payload of a frame that the device takes, or 0
	 * if it cannot be found out; (NULL) if any will do.
	 */
	unsigned int (*mtu)(void *state);
};

/* The link type of captures, as in tcpdump's registry; Ethernet by default. */
#define HOST_LINKTYPE_ETHERNET	1
extern uint16_t host_linktype;

/* All backends, in the order of the list, with a (NULL) at the end. */
extern const struct host_backend * const host_backends[];

#define HOST_BACKEND_DECLARE(id)					\
	extern const struct host_backend host_backend_##id;
HOST_BACKENDS(HOST_BACKEND_DECLARE)
#undef HOST_BACKEND_DECLARE

/**
 * Finds the backend for a device= value.
 * @param spec
 *   takes what follows the first colon, or (NULL)
 */
const struct host_backend *host_backend_find(const char *device,
					     const char **spec);

#endif /* HOST_BACKEND_H */
