/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A network interface of this machine: what it is, and what it counts.
 */
#ifndef XDP_INTERFACE_H
#define XDP_INTERFACE_H

#include <stdint.h>

struct interface {
	const char *name;
	uint32_t index;
	uint32_t mtu;
	uint8_t address[6];
};

/** What an interface was given to send */
struct interface_counts {
	uint64_t sent;
	uint64_t dropped;
};

/** Find an interface; 0, or a negative error code after a message */
int interface_find(struct interface *interface, const char *name);

/** Read the counters; 0 or a negative error code */
int interface_count(const struct interface *interface,
		    struct interface_counts *counts);

#endif /* XDP_INTERFACE_H */
