/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Network devices. A device is used in this order, and a step that comes
 * too early fails or is an assertion: probe, configure, configure both
 * queues, start, then send and receive.
 *
 * Unikraft inlines uk_netdev_tx_one() and uk_netdev_rx_one() into their
 * callers; here they are functions, so that a shared library exports them.
 */
#ifndef HOST_UK_NETDEV_H
#define HOST_UK_NETDEV_H

#include <limits.h>

#include <uk/assert.h>
#include <uk/netdev_core.h>

unsigned int uk_netdev_count(void);

/** The device with this number, or (NULL). */
struct uk_netdev *uk_netdev_get(unsigned int id);

uint16_t uk_netdev_id_get(struct uk_netdev *dev);

const char *uk_netdev_drv_name_get(struct uk_netdev *dev);

enum uk_netdev_state uk_netdev_state_get(struct uk_netdev *dev);

int uk_netdev_probe(struct uk_netdev *dev);

/** Not before uk_netdev_probe(). */
void uk_netdev_info_get(struct uk_netdev *dev,
			struct uk_netdev_info *dev_info);

int uk_netdev_configure(struct uk_netdev *dev,
			const struct uk_netdev_conf *dev_conf);

/** Not before uk_netdev_configure(), as the one for sending. */
int uk_netdev_rxq_info_get(struct uk_netdev *dev, uint16_t queue_id,
			   struct uk_netdev_queue_info *queue_info);

int uk_netdev_txq_info_get(struct uk_netdev *dev, uint16_t queue_id,
			   struct uk_netdev_queue_info *queue_info);

/**
 * Configures the queue and fills it with buffers; nb_desc 0 takes as many
 * descriptors as the device has.
 */
int uk_netdev_rxq_configure(struct uk_netdev *dev, uint16_t queue_id,
			    uint16_t nb_desc,
			    struct uk_netdev_rxqueue_conf *rx_conf);

int uk_netdev_txq_configure(struct uk_netdev *dev, uint16_t queue_id,
			    uint16_t nb_desc,
			    struct uk_netdev_txqueue_conf *tx_conf);

int uk_netdev_start(struct uk_netdev *dev);

/* From here on: not before uk_netdev_configure(). */
const struct uk_hwaddr *uk_netdev_hwaddr_get(struct uk_netdev *dev);
uint16_t uk_netdev_mtu_get(struct uk_netdev *dev);
unsigned int uk_netdev_promiscuous_get(struct uk_netdev *dev);
int uk_netdev_promiscuous_set(struct uk_netdev *dev, unsigned int mode);

/* The host has no interrupts: both return -ENOTSUP. */
int uk_netdev_rxq_intr_enable(struct uk_netdev *dev, uint16_t queue_id);
int uk_netdev_rxq_intr_disable(struct uk_netdev *dev, uint16_t queue_id);

/**
 * Receives one packet.
 * @return
 *   a negative error code, or flags: SUCCESS (`pkt` is the caller's now),
 *   MORE (there may be another one), UNDERRUN (there were not enough new
 *   buffers to fill the queue)
 */
int uk_netdev_rx_one(struct uk_netdev *dev, uint16_t queue_id,
		     struct uk_netbuf **pkt);

/**
 * Sends one packet.
 * @return
 *   a negative error code, or flags: SUCCESS (`pkt` is the device's now),
 *   MORE (the queue has room for another one); none of them (not ready)
 *   means that the queue is full and the packet is still the caller's
 */
int uk_netdev_tx_one(struct uk_netdev *dev, uint16_t queue_id,
		     struct uk_netbuf *pkt);

/* True if `status` is no error, and all of these flags are set. */
#define uk_netdev_status_test_set(status, flag)				\
	(((int)(status) & ((int)(flag) | INT_MIN)) == (int)(flag))

/* True if `status` is no error, and none of these flags is set. */
#define uk_netdev_status_test_unset(status, flag)			\
	(((int)(status) & ((int)(flag) | INT_MIN)) == 0)

#define uk_netdev_status_successful(status)				\
	uk_netdev_status_test_set((status), UK_NETDEV_STATUS_SUCCESS)

#define uk_netdev_status_notready(status)				\
	uk_netdev_status_test_unset((status), UK_NETDEV_STATUS_SUCCESS)

#define uk_netdev_status_more(status)					\
	uk_netdev_status_test_set((status), UK_NETDEV_STATUS_SUCCESS	\
					    | UK_NETDEV_STATUS_MORE)

#endif /* HOST_UK_NETDEV_H */
