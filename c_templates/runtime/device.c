/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>
#include <uk/alloc.h>
#include <uk/allocpool.h>
#include <uk/essentials.h>
#include <uk/netdev.h>
#include "device.h"
#include "event.h"
#include "netdef.h"
#include "packet.h"

/* Some devices offer more descriptors than there is memory for packets */
#define NB_DESC_MAX	1024

/* Room for what else may arrive */
#define RX_FRAME_LEN	MAX(PACKET_PADDED_MAX_LEN, 1514U)

_Static_assert(sizeof(struct ether_addr) == sizeof(struct uk_hwaddr),
	       "the device's address is copied into the packet's");

static int failed(int rc)
{
	event_error("device",
		    "the network device cannot be started: error %d", rc);
	return rc;
}

int device_probe(struct device *device)
{
	device->dev = uk_netdev_count() ? uk_netdev_get(0) : NULL;
	if (!device->dev) {
		event_error("no-device",
			    "no network device; attach one to this machine");
		return -ENODEV;
	}
#ifdef UK_NETDEV_F_RXQ_INTR
	/* Releases that have this feature bit want devices to be probed */
	if (uk_netdev_probe(device->dev) < 0) {
		event_error("device", "the network device cannot be probed");
		return -EIO;
	}
#endif
	return 0;
}

static void set_own_address(struct uk_netdev *dev, struct options *opt)
{
	const struct uk_hwaddr *hwaddr = uk_netdev_hwaddr_get(dev);

	event_device(uk_netdev_count(), hwaddr ? hwaddr->addr_bytes : NULL);
	if (hwaddr)
		packet_set_own_address(&opt->packet, hwaddr->addr_bytes);
}

/* Buffers to receive into are all alike, and soon given back */
static int make_rx_pool(struct device *device)
{
	const unsigned int count = device->nb_rx_desc + 1U;
	struct netbuf_shape *shape = &device->rx_supply.shape;
	struct uk_allocpool *pool;

	pool = uk_allocpool_alloc(uk_alloc_get_default(), count,
				  netbuf_object_len(shape->buflen),
				  shape->bufalign);
	if (!pool) {
		event_error("memory", "no memory for %u receive buffers; "
			    "give the machine more", count);
		return -ENOMEM;
	}
	shape->a = uk_allocpool2ukalloc(pool);
	return 0;
}

int device_configure(struct device *device, struct options *opt,
		     struct netbuf_shape *tx_shape)
{
	const struct uk_netdev_conf conf = { .nb_rx_queues = 1,
					     .nb_tx_queues = 1 };
	struct uk_netdev_queue_info rxq_info, txq_info;
	struct uk_netdev *dev = device->dev;
	struct uk_netdev_info info;
	int rc;

	rc = uk_netdev_configure(dev, &conf);
	if (rc < 0)
		return failed(rc);
	set_own_address(dev, opt);
	rc = uk_netdev_rxq_info_get(dev, DEVICE_QUEUE, &rxq_info);
	if (rc < 0)
		return failed(rc);
	rc = uk_netdev_txq_info_get(dev, DEVICE_QUEUE, &txq_info);
	if (rc < 0)
		return failed(rc);
	device->nb_rx_desc = MIN(rxq_info.nb_max, (uint16_t)NB_DESC_MAX);
	device->nb_tx_desc = MIN(txq_info.nb_max, (uint16_t)NB_DESC_MAX);
	uk_netdev_info_get(dev, &info);
	netbuf_shape_init(tx_shape, info.ioalign, info.nb_encap_tx,
			  packet_frame_len(opt->length));
	tx_shape->pktlen = opt->length;
	netbuf_shape_init(&device->rx_supply.shape, info.ioalign,
			  info.nb_encap_rx, RX_FRAME_LEN);
	return make_rx_pool(device);
}

int device_start(struct device *device)
{
	struct uk_netdev_rxqueue_conf rxq_conf = {
		.a = uk_alloc_get_default(),
		.alloc_rxpkts = netbuf_alloc_rxpkts,
		.alloc_rxpkts_argp = &device->rx_supply,
	};
	struct uk_netdev_txqueue_conf txq_conf = {
		.a = uk_alloc_get_default(),
	};
	struct uk_netdev *dev = device->dev;
	int rc;

	rc = uk_netdev_rxq_configure(dev, DEVICE_QUEUE, device->nb_rx_desc,
				     &rxq_conf);
	if (rc < 0)
		return failed(rc);
	rc = uk_netdev_txq_configure(dev, DEVICE_QUEUE, device->nb_tx_desc,
				     &txq_conf);
	if (rc < 0)
		return failed(rc);
	rc = uk_netdev_start(dev);
	return rc < 0 ? failed(rc) : 0;
}
