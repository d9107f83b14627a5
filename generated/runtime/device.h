/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bringing the first network device up, in steps: what is sent needs to know
 * the device, and must be there before the device starts. Each function returns
 * 0, or a negative error after a message.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include <uk/netdev.h>
#include "netbuf.h"
#include "options.h"

/* The one queue that is used in each direction */
#define DEVICE_QUEUE	0

struct device {
	struct uk_netdev *dev;
	uint16_t nb_rx_desc;
	uint16_t nb_tx_desc;
	struct netbuf_supply rx_supply;	/* of the buffers to receive into */
};

/* Find the device */
int device_probe(struct device *device);

/*
 * Configure it, and fill in the shape of the buffers to send, but for their
 * allocator. The packet gets the device's address where no other was asked for.
 */
int device_configure(struct device *device, struct options *opt,
		     struct netbuf_shape *tx_shape);

/* Start it, with a queue in each direction */
int device_start(struct device *device);

#endif /* DEVICE_H */
