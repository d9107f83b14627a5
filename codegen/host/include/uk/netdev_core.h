/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Types of the network device interface. The operations are in uk/netdev.h.
 *
 * struct uk_netdev itself and the queues stay opaque: drivers look into
 * them, applications do not.
 */
#ifndef HOST_UK_NETDEV_CORE_H
#define HOST_UK_NETDEV_CORE_H

#include <errno.h>
#include <stdint.h>
#include <sys/types.h>

#include <uk/alloc.h>
#include <uk/config.h>
#include <uk/essentials.h>
#include <uk/netbuf.h>

struct uk_netdev;

/* Ethernet sizes, without preamble and frame check sequence. */
#define UK_ETH_ADDR_LEN			6
#define UK_ETH_TYPE_LEN			2
#define UK_ETH_8021Q_LEN		(UK_ETH_TYPE_LEN + 2)
#define UK_ETH_HDR_UNTAGGED_LEN		((2 * UK_ETH_ADDR_LEN)		\
					 + UK_ETH_TYPE_LEN)
#define UK_ETH_HDR_8021Q_LEN		(UK_ETH_HDR_UNTAGGED_LEN	\
					 + UK_ETH_8021Q_LEN)
#define UK_ETH_HDR_8021AD_LEN		(UK_ETH_HDR_UNTAGGED_LEN	\
					 + (2 * UK_ETH_8021Q_LEN))
#define UK_ETH_PAYLOAD_MAXLEN		1500
#define UK_ETH_FRAME_MINLEN		60
#define UK_ETH_FRAME_UNTAGGED_MAXLEN	(UK_ETH_HDR_UNTAGGED_LEN	\
					 + UK_ETH_PAYLOAD_MAXLEN)
#define UK_ETH_FRAME_8021Q_MAXLEN	(UK_ETH_HDR_8021Q_LEN		\
					 + UK_ETH_PAYLOAD_MAXLEN)
#define UK_ETH_FRAME_8021AD_MAXLEN	(UK_ETH_HDR_8021AD_LEN		\
					 + UK_ETH_PAYLOAD_MAXLEN)
#define UK_ETH_FRAME_MAXLEN		(UK_ETH_FRAME_8021AD_MAXLEN)

#define UK_NETDEV_HWADDR_LEN		UK_ETH_ADDR_LEN

struct uk_hwaddr {
	uint8_t addr_bytes[UK_NETDEV_HWADDR_LEN];
} __packed;

/*
 * Features that a device may report. Applications test whether the first
 * of these macros exists to know that uk_netdev_probe() is required.
 */
#define UK_NETDEV_F_RXQ_INTR_BIT	0
#define UK_NETDEV_F_RXQ_INTR		(1UL << UK_NETDEV_F_RXQ_INTR_BIT)
#define UK_NETDEV_F_TXQ_INTR_BIT	1
#define UK_NETDEV_F_TXQ_INTR		(1UL << UK_NETDEV_F_TXQ_INTR_BIT)
#define UK_NETDEV_F_PARTIAL_CSUM_BIT	2
#define UK_NETDEV_F_PARTIAL_CSUM	(1UL << UK_NETDEV_F_PARTIAL_CSUM_BIT)
#define UK_NETDEV_F_TSO4_BIT		3
#define UK_NETDEV_F_TSO4		(1UL << UK_NETDEV_F_TSO4_BIT)

#define uk_netdev_rxintr_supported(feature)				\
	((feature) & UK_NETDEV_F_RXQ_INTR)
#define uk_netdev_txintr_supported(feature)				\
	((feature) & UK_NETDEV_F_TXQ_INTR)
#define uk_netdev_partial_csum_supported(feature)			\
	((feature) & UK_NETDEV_F_PARTIAL_CSUM)
#define uk_netdev_tso4_supported(feature)				\
	((feature) & UK_NETDEV_F_TSO4)

struct uk_netdev_info {
	uint16_t max_rx_queues;
	uint16_t max_tx_queues;
	int in_queue_pairs;	/* queues have to be configured in pairs */
	uint16_t max_mtu;
	uint16_t nb_encap_tx;	/* headroom that sending needs */
	uint16_t nb_encap_rx;	/* headroom that receiving needs */
	uint16_t ioalign;	/* alignment of buffers, may be 0 */
	uint32_t features;	/* UK_NETDEV_F_* */
};

struct uk_netdev_queue_info {
	uint16_t nb_max;	/* descriptors, not packets */
	uint16_t nb_min;
	uint16_t nb_align;
	int nb_is_power_of_two;
};

struct uk_netdev_conf {
	uint16_t nb_rx_queues;
	uint16_t nb_tx_queues;
};

struct uk_netdev_tx_queue;
struct uk_netdev_rx_queue;

enum uk_netdev_state {
	UK_NETDEV_INVALID = 0,
	UK_NETDEV_UNPROBED,
	UK_NETDEV_UNCONFIGURED,
	UK_NETDEV_CONFIGURED,
	UK_NETDEV_RUNNING,
};

typedef void (*uk_netdev_queue_event_t)(struct uk_netdev *dev,
					uint16_t queue_id, void *argp);

/**
 * Gives the driver up to `count` buffers to receive into, and returns how
 * many. A buffer's len has to say how many bytes it can take.
 */
typedef uint16_t (*uk_netdev_alloc_rxpkts)(void *argp,
					   struct uk_netbuf *pkts[],
					   uint16_t count);

struct uk_netdev_rxqueue_conf {
	uk_netdev_queue_event_t callback;
	void *callback_cookie;

	struct uk_alloc *a;	/* for the descriptor ring */

	uk_netdev_alloc_rxpkts alloc_rxpkts;
	void *alloc_rxpkts_argp;
};

struct uk_netdev_txqueue_conf {
	struct uk_alloc *a;	/* for the descriptor ring */
};

/* What sending or receiving a packet returns, where it is not negative. */
#define UK_NETDEV_STATUS_SUCCESS	(0x1)
#define UK_NETDEV_STATUS_MORE		(0x2)
#define UK_NETDEV_STATUS_UNDERRUN	(0x4)

#endif /* HOST_UK_NETDEV_CORE_H */
