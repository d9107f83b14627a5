/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The network device, which behaves as Unikraft's virtio-net driver does
 * wherever an application could notice:
 *
 * - A packet that was sent is given back inside a later uk_netdev_tx_one(),
 *   and nowhere else. The device may be done with it long before.
 * - The header that sending needs is put into the packet's headroom, and
 *   stays there when the packet was accepted.
 * - Receive buffers are replaced as packets are received. A queue that got
 *   no buffer at all stays empty for ever.
 *
 * The device at the other end of the ring is the backend. It works through
 * the ring when a batch is complete, when the ring is full, and when the
 * application looks for received packets or at the device's state: so does
 * a loop that keeps a rate, between one packet and the next.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <uk/netdev.h>

#include "backend.h"
#include "netdev_impl.h"

#define MAX_DEVICES		8
#define RX_FILL_BATCH		64

/* Closes the header, so that it shows where a headroom was expected clean. */
#define ENCAP_MARK_LEN		4
#define ENCAP_MARK_BYTE		0xec

/*
 * Three counters that never go back divide what was sent:
 *
 *	freed ... done      the backend has it; to be given back
 *	done  ... queued    the backend has yet to take it
 *
 * A frame's place is noted when it is queued, as a descriptor does: the
 * owner of a shared netbuf may move its data pointer right afterwards.
 */
struct uk_netdev_tx_queue {
	struct uk_alloc *a;
	unsigned int packets;		/* that the descriptors suffice for */
	unsigned int mask;
	unsigned int queued;
	unsigned int done;
	unsigned int freed;
	struct host_frame *frames;
	struct uk_netbuf *pkts[];
};

struct rx_slot {
	struct uk_netbuf *pkt;
	void *data;
	size_t room;
};

struct uk_netdev_rx_queue {
	struct uk_alloc *a;
	uk_netdev_alloc_rxpkts alloc_rxpkts;
	void *alloc_rxpkts_argp;
	unsigned int packets;
	unsigned int mask;
	unsigned int posted;
	unsigned int taken;
	struct rx_slot slots[];
};

struct uk_netdev {
	enum uk_netdev_state state;
	uint16_t id;
	struct host_netdev_settings settings;
	struct uk_hwaddr hwaddr;
	size_t max_frame;
	uint8_t *encap_header;
	struct uk_netdev_tx_queue *txq;
	struct uk_netdev_rx_queue *rxq;
	const struct host_backend *backend;
	void *backend_state;
	int failure;
	struct host_netdev_stats stats;
};

static struct uk_netdev *devices[MAX_DEVICES];

void (*host_netdev_hook)(int failure);
volatile sig_atomic_t host_netdev_stop;

/*
 * Creating and destroying
 */
static void set_mtu(struct uk_netdev *dev)
{
	unsigned int own = 0;

	if (dev->backend->mtu)
		own = dev->backend->mtu(dev->backend_state);
	if (own)
		dev->settings.mtu = (uint16_t)MIN(own, HOST_MTU_MAX);
	dev->max_frame = (size_t)dev->settings.mtu + UK_ETH_HDR_UNTAGGED_LEN;
}

struct uk_netdev *host_netdev_create(
			const struct host_netdev_settings *settings)
{
	struct uk_netdev *dev = NULL;
	const char *spec;
	uint16_t id = 0;
	int rc;

	rc = host_netdev_settings_check(settings);
	if (rc)
		goto err;

	while (id < MAX_DEVICES && devices[id])
		id++;
	if (id == MAX_DEVICES) {
		uk_pr_err("there are %d devices already\n", MAX_DEVICES);
		rc = -ENOSPC;
		goto err;
	}

	/*
	 * Not from the default allocator: its mode may not be chosen yet, and
	 * what it counts is the application's.
	 */
	dev = calloc(1, sizeof(*dev) + settings->encap);
	if (!dev) {
		uk_pr_err("no memory for a device\n");
		rc = -ENOMEM;
		goto err;
	}
	dev->state = UK_NETDEV_UNPROBED;
	dev->id = id;
	dev->settings = *settings;
	dev->settings.device = NULL;
	memcpy(dev->hwaddr.addr_bytes, settings->mac, sizeof(settings->mac));

	dev->encap_header = (uint8_t *)(dev + 1);
	if (settings->encap >= ENCAP_MARK_LEN)
		memset(dev->encap_header + settings->encap - ENCAP_MARK_LEN,
		       ENCAP_MARK_BYTE, ENCAP_MARK_LEN);

	dev->backend = host_backend_find(settings->device, &spec);
	rc = dev->backend->open(spec, &dev->backend_state);
	if (rc)
		goto err;
	if (dev->backend->hwaddr && !settings->mac_chosen
	    && dev->backend->hwaddr(dev->backend_state,
				    dev->hwaddr.addr_bytes))
		uk_pr_info("the interface has no address to send from\n");
	set_mtu(dev);

	devices[id] = dev;
	return dev;

err:
	free(dev);
	errno = -rc;
	return NULL;
}

static void deal_with(struct uk_netdev *dev, int rc)
{
	if (rc < 0 && !dev->failure) {
		dev->failure = rc;
		/* A backend reports what it holds back by itself. */
		if (!dev->backend->flush)
			uk_pr_err("the device took %" PRIu64 " frames and gave %" PRIu64 " before that\n",
				  dev->stats.tx_packets,
				  dev->stats.rx_packets);
	}
	if (host_netdev_hook)
		host_netdev_hook(dev->failure);
}

static bool is_pending(const struct uk_netdev_tx_queue *txq)
{
	return txq && txq->done != txq->queued;
}

/* Offers the backend what it has not taken yet. */
static void tx_kick(struct uk_netdev *dev)
{
	struct uk_netdev_tx_queue *txq = dev->txq;
	unsigned int first, count, i;
	int rc = 0;

	while (is_pending(txq) && !dev->failure) {
		first = txq->done & txq->mask;
		count = MIN(txq->queued - txq->done, txq->mask + 1 - first);
		count = MIN(count, dev->settings.batch);

		rc = dev->backend->xmit(dev->backend_state,
					&txq->frames[first], count);
		if (rc <= 0)
			break;
		for (i = first; i < first + (unsigned int)rc; i++)
			dev->stats.tx_bytes += txq->frames[i].len;
		dev->stats.tx_packets += (unsigned int)rc;
		txq->done += (unsigned int)rc;
	}
	deal_with(dev, rc);
}

int host_netdev_destroy(struct uk_netdev *dev)
{
	struct uk_netdev_tx_queue *txq = dev->txq;
	struct uk_netdev_rx_queue *rxq = dev->rxq;
	int rc;

	if (txq) {
		tx_kick(dev);
		while (txq->freed != txq->queued)
			uk_netbuf_free(txq->pkts[txq->freed++ & txq->mask]);
		uk_free(txq->a, txq->frames);
		uk_free(txq->a, txq);
	}
	if (rxq) {
		while (rxq->taken != rxq->posted)
			uk_netbuf_free(rxq->slots[rxq->taken++
						  & rxq->mask].pkt);
		uk_free(rxq->a, rxq);
	}

	rc = dev->backend->close(dev->backend_state);
	if (dev->failure)
		rc = dev->failure;
	devices[dev->id] = NULL;
	free(dev);
	return rc;
}

/*
 * Hooks for tests
 */
int host_netdev_flush(struct uk_netdev *dev)
{
	if (dev->txq)
		tx_kick(dev);
	if (!dev->failure && dev->backend->flush)
		deal_with(dev, dev->backend->flush(dev->backend_state));
	if (dev->failure)
		return dev->failure;
	return dev->txq ? (int)(dev->txq->queued - dev->txq->done) : 0;
}

void host_netdev_stats_get(struct uk_netdev *dev,
			   struct host_netdev_stats *stats)
{
	*stats = dev->stats;
}

ssize_t host_netdev_take(struct uk_netdev *dev, void *buf, size_t room)
{
	if (!dev->backend->recv)
		return -ENOTSUP;
	if (dev->txq)
		tx_kick(dev);
	return dev->backend->recv(dev->backend_state, buf, room);
}

int host_netdev_inject(struct uk_netdev *dev, const void *frame, size_t len)
{
	const struct host_frame one = { .data = frame, .len = len };

	if (!dev->backend->recv)
		return -ENOTSUP;
	if (!len)
		return -EINVAL;
	return dev->backend->xmit(dev->backend_state, &one, 1);
}

/*
 * Looking around
 */
unsigned int uk_netdev_count(void)
{
	unsigned int count = 0;
	unsigned int i;

	for (i = 0; i < MAX_DEVICES; i++)
		if (devices[i])
			count++;
	return count;
}

struct uk_netdev *uk_netdev_get(unsigned int id)
{
	return id < MAX_DEVICES ? devices[id] : NULL;
}

uint16_t uk_netdev_id_get(struct uk_netdev *dev)
{
	UK_ASSERT(dev);

	return dev->id;
}

const char *uk_netdev_drv_name_get(struct uk_netdev *dev)
{
	UK_ASSERT(dev);

	return dev->backend->name;
}

enum uk_netdev_state uk_netdev_state_get(struct uk_netdev *dev)
{
	UK_ASSERT(dev);

	/* Who looks around has nothing to send: what is pending goes now. */
	if (dev->state == UK_NETDEV_RUNNING && is_pending(dev->txq))
		tx_kick(dev);
	if (host_netdev_stop && dev->state == UK_NETDEV_RUNNING)
		return UK_NETDEV_CONFIGURED;
	return dev->state;
}

static void assert_configured(struct uk_netdev *dev)
{
	UK_ASSERT(dev);
	UK_ASSERT(dev->state >= UK_NETDEV_CONFIGURED);
}

const struct uk_hwaddr *uk_netdev_hwaddr_get(struct uk_netdev *dev)
{
	assert_configured(dev);

	return &dev->hwaddr;
}

uint16_t uk_netdev_mtu_get(struct uk_netdev *dev)
{
	assert_configured(dev);

	return dev->settings.mtu;
}

unsigned int uk_netdev_promiscuous_get(struct uk_netdev *dev)
{
	assert_configured(dev);

	return 0;
}

int uk_netdev_promiscuous_set(struct uk_netdev *dev,
			      unsigned int mode __unused)
{
	assert_configured(dev);

	return -ENOTSUP;
}

int uk_netdev_rxq_intr_enable(struct uk_netdev *dev, uint16_t queue_id)
{
	UK_ASSERT(dev);
	UK_ASSERT(dev->state == UK_NETDEV_RUNNING);
	UK_ASSERT(queue_id < CONFIG_LIBUKNETDEV_MAXNBQUEUES);

	return -ENOTSUP;
}

int uk_netdev_rxq_intr_disable(struct uk_netdev *dev, uint16_t queue_id)
{
	return uk_netdev_rxq_intr_enable(dev, queue_id);
}

/*
 * Setting up
 */
int uk_netdev_probe(struct uk_netdev *dev)
{
	UK_ASSERT(dev);
	UK_ASSERT(dev->state == UK_NETDEV_UNPROBED);

	dev->state = UK_NETDEV_UNCONFIGURED;
	return 0;
}

void uk_netdev_info_get(struct uk_netdev *dev,
			struct uk_netdev_info *dev_info)
{
	UK_ASSERT(dev);
	UK_ASSERT(dev_info);
	UK_ASSERT(dev->state >= UK_NETDEV_UNCONFIGURED);

	*dev_info = (struct uk_netdev_info) {
		.max_rx_queues = 1,
		.max_tx_queues = 1,
		.max_mtu = dev->settings.mtu,
		.nb_encap_tx = dev->settings.encap,
		.nb_encap_rx = dev->settings.encap,
		.ioalign = dev->settings.ioalign,
	};
}

int uk_netdev_configure(struct uk_netdev *dev,
			const struct uk_netdev_conf *dev_conf)
{
	UK_ASSERT(dev);
	UK_ASSERT(dev_conf);

	if (dev->state != UK_NETDEV_UNCONFIGURED)
		return -EINVAL;
	if (dev_conf->nb_rx_queues > 1 || dev_conf->nb_tx_queues > 1)
		return -EINVAL;
	if (dev_conf->nb_rx_queues != 1 || dev_conf->nb_tx_queues != 1) {
		uk_pr_err("%u receive and %u transmit queues: the device has one of each\n",
			  (unsigned int)dev_conf->nb_rx_queues,
			  (unsigned int)dev_conf->nb_tx_queues);
		return -ENOTSUP;
	}

	dev->state = UK_NETDEV_CONFIGURED;
	return 0;
}

static int queue_info_get(struct uk_netdev *dev, uint16_t queue_id,
			  struct uk_netdev_queue_info *queue_info)
{
	assert_configured(dev);
	UK_ASSERT(queue_id < CONFIG_LIBUKNETDEV_MAXNBQUEUES);
	UK_ASSERT(queue_info);

	*queue_info = (struct uk_netdev_queue_info) {
		.nb_max = dev->settings.ring,
		.nb_min = 1,
		.nb_is_power_of_two = POWER_OF_2(dev->settings.ring),
	};
	return queue_id ? -EINVAL : 0;
}

int uk_netdev_rxq_info_get(struct uk_netdev *dev, uint16_t queue_id,
			   struct uk_netdev_queue_info *queue_info)
{
	return queue_info_get(dev, queue_id, queue_info);
}

int uk_netdev_txq_info_get(struct uk_netdev *dev, uint16_t queue_id,
			   struct uk_netdev_queue_info *queue_info)
{
	return queue_info_get(dev, queue_id, queue_info);
}

/*
 * Decides how many packets a queue with nb_desc descriptors holds, or
 * returns a negative error code.
 */
static int queue_packets(const struct uk_netdev *dev, uint16_t nb_desc)
{
	const struct host_netdev_settings *s = &dev->settings;

	if (nb_desc > s->ring) {
		uk_pr_err("%u descriptors requested, %u is the most\n",
			  (unsigned int)nb_desc, (unsigned int)s->ring);
		return -ENOBUFS;
	}
	if (nb_desc == 0)
		nb_desc = s->ring;
	if (POWER_OF_2(s->ring) && !POWER_OF_2(nb_desc)) {
		uk_pr_err("%u descriptors requested, which is no power of two\n",
			  (unsigned int)nb_desc);
		return -EINVAL;
	}
	if (nb_desc < s->descs) {
		uk_pr_err("%u descriptors requested, a packet takes %u\n",
			  (unsigned int)nb_desc, (unsigned int)s->descs);
		return -EINVAL;
	}
	return nb_desc / s->descs;
}

/* Counters wrap at a power of two: so must the arrays that they index. */
static unsigned int ring_mask(int packets)
{
	unsigned int mask = 0;

	while (mask + 1 < (unsigned int)packets)
		mask = 2 * mask + 1;
	return mask;
}

int uk_netdev_txq_configure(struct uk_netdev *dev, uint16_t queue_id,
			    uint16_t nb_desc,
			    struct uk_netdev_txqueue_conf *tx_conf)
{
	struct uk_netdev_tx_queue *txq;
	unsigned int mask;
	int packets;

	UK_ASSERT(dev);
	UK_ASSERT(tx_conf);
	UK_ASSERT(queue_id < CONFIG_LIBUKNETDEV_MAXNBQUEUES);

	if (dev->state != UK_NETDEV_CONFIGURED || queue_id)
		return -EINVAL;
	if (dev->txq)
		return -EBUSY;
	packets = queue_packets(dev, nb_desc);
	if (packets < 0)
		return packets;

	mask = ring_mask(packets);
	txq = uk_zalloc(tx_conf->a, sizeof(*txq)
				    + (mask + 1) * sizeof(txq->pkts[0]));
	if (!txq)
		return -ENOMEM;
	txq->frames = uk_calloc(tx_conf->a, mask + 1, sizeof(*txq->frames));
	if (!txq->frames) {
		uk_free(tx_conf->a, txq);
		return -ENOMEM;
	}
	txq->a = tx_conf->a;
	txq->packets = (unsigned int)packets;
	txq->mask = mask;
	dev->txq = txq;
	return 0;
}

/*
 * Lets the device have a buffer, with the header's room in front of it: the
 * data pointer stays at the header until a packet was received.
 */
static int rx_post(struct uk_netdev *dev, struct uk_netbuf *pkt)
{
	struct uk_netdev_rx_queue *rxq = dev->rxq;
	struct rx_slot *slot = &rxq->slots[rxq->posted & rxq->mask];

	/* Anything else overwrites memory when a long packet comes. */
	UK_ASSERT((__uptr)pkt->data + pkt->len
		  <= (__uptr)pkt->buf + pkt->buflen);

	slot->pkt = pkt;
	slot->data = pkt->data;
	slot->room = pkt->len;
	if (uk_netbuf_header(pkt, (int16_t)dev->settings.encap) != 1) {
		uk_pr_err("a receive buffer needs %u bytes of headroom\n",
			  (unsigned int)dev->settings.encap);
		return -EINVAL;
	}
	rxq->posted++;
	return 0;
}

static int rx_fill(struct uk_netdev *dev)
{
	struct uk_netdev_rx_queue *rxq = dev->rxq;
	struct uk_netbuf *pkts[RX_FILL_BATCH];
	unsigned int want, got, i;

	for (;;) {
		want = rxq->packets - (rxq->posted - rxq->taken);
		if (!want)
			return 0;
		want = MIN(want, RX_FILL_BATCH);
		got = rxq->alloc_rxpkts(rxq->alloc_rxpkts_argp, pkts,
					(uint16_t)want);
		UK_ASSERT(got <= want);

		for (i = 0; i < got; i++)
			if (rx_post(dev, pkts[i]))
				break;
		if (i < got) {
			for (; i < got; i++)
				uk_netbuf_free(pkts[i]);
			return UK_NETDEV_STATUS_UNDERRUN;
		}
		if (got < want)
			return UK_NETDEV_STATUS_UNDERRUN;
	}
}

int uk_netdev_rxq_configure(struct uk_netdev *dev, uint16_t queue_id,
			    uint16_t nb_desc,
			    struct uk_netdev_rxqueue_conf *rx_conf)
{
	struct uk_netdev_rx_queue *rxq;
	unsigned int mask;
	int packets;

	UK_ASSERT(dev);
	UK_ASSERT(rx_conf);
	UK_ASSERT(rx_conf->alloc_rxpkts);
	UK_ASSERT(rx_conf->callback || !rx_conf->callback_cookie);
	UK_ASSERT(queue_id < CONFIG_LIBUKNETDEV_MAXNBQUEUES);

	if (dev->state != UK_NETDEV_CONFIGURED || queue_id)
		return -EINVAL;
	if (dev->rxq)
		return -EBUSY;
	packets = queue_packets(dev, nb_desc);
	if (packets < 0)
		return packets;

	mask = ring_mask(packets);
	rxq = uk_zalloc(rx_conf->a, sizeof(*rxq)
				    + (mask + 1) * sizeof(rxq->slots[0]));
	if (!rxq)
		return -ENOMEM;
	rxq->a = rx_conf->a;
	rxq->alloc_rxpkts = rx_conf->alloc_rxpkts;
	rxq->alloc_rxpkts_argp = rx_conf->alloc_rxpkts_argp;
	rxq->packets = (unsigned int)packets;
	rxq->mask = mask;
	dev->rxq = rxq;

	/* Too few buffers are no failure here, as they are none on virtio. */
	if (rx_fill(dev))
		uk_pr_info("the receive queue got %u of %u buffers\n",
			   rxq->posted, rxq->packets);
	return 0;
}

int uk_netdev_start(struct uk_netdev *dev)
{
	int rc;

	UK_ASSERT(dev);

	if (dev->state != UK_NETDEV_CONFIGURED)
		return -EINVAL;

	rc = dev->backend->start ? dev->backend->start(dev->backend_state) : 0;
	if (rc) {
		/* The backend has reported it: a program ends here. */
		dev->failure = rc;
		deal_with(dev, rc);
		return rc;
	}
	dev->state = UK_NETDEV_RUNNING;
	uk_pr_info("netdev%u: started (%s)\n", (unsigned int)dev->id,
		   dev->backend->name);
	return 0;
}

/*
 * Sending and receiving
 */
static void tx_reclaim(struct uk_netdev_tx_queue *txq)
{
	/* The slot is left first: a destructor may want to look around. */
	while (txq->freed != txq->done)
		uk_netbuf_free(txq->pkts[txq->freed++ & txq->mask]);
}

static int tx_enqueue(struct uk_netdev *dev, struct uk_netbuf *pkt)
{
	const uint16_t encap = dev->settings.encap;
	struct uk_netdev_tx_queue *txq = dev->txq;
	struct host_frame frame = { .data = pkt->data, .len = pkt->len };
	int rc;

	if (unlikely(pkt->next)) {
		uk_pr_err("a packet of several netbufs is not supported\n");
		return -ENOTSUP;
	}
	if (unlikely(uk_netbuf_header(pkt, (int16_t)encap) != 1)) {
		uk_pr_err("a packet needs %u bytes of headroom\n",
			  (unsigned int)encap);
		return -ENOSPC;
	}
	memcpy(pkt->data, dev->encap_header, encap);

	if (unlikely(!frame.len)) {
		uk_pr_err("a packet without a single byte was sent\n");
		rc = -EINVAL;
		goto take_back;
	}
	if (unlikely(frame.len > dev->max_frame)) {
		uk_pr_err("a frame of %zu bytes was sent, %zu is the most\n",
			  frame.len, dev->max_frame);
		rc = -ENOTSUP;
		goto take_back;
	}
	if (txq->queued - txq->freed == txq->packets) {
		rc = 0;
		goto take_back;
	}

	txq->frames[txq->queued & txq->mask] = frame;
	txq->pkts[txq->queued & txq->mask] = pkt;
	txq->queued++;
	return UK_NETDEV_STATUS_SUCCESS;

take_back:
	uk_netbuf_header(pkt, (int16_t)-encap);
	return rc;
}

int uk_netdev_tx_one(struct uk_netdev *dev, uint16_t queue_id,
		     struct uk_netbuf *pkt)
{
	struct uk_netdev_tx_queue *txq;
	int status;

	UK_ASSERT(dev);
	UK_ASSERT(queue_id < CONFIG_LIBUKNETDEV_MAXNBQUEUES);
	UK_ASSERT(dev->state == UK_NETDEV_RUNNING);
	UK_ASSERT(dev->txq);
	UK_ASSERT(pkt);

	txq = dev->txq;
	tx_reclaim(txq);
	if (unlikely(dev->failure))
		return -EIO;

	status = tx_enqueue(dev, pkt);
	if (unlikely(status < 0))
		return status;

	if (!status || txq->queued - txq->done >= dev->settings.batch)
		tx_kick(dev);
	if (status && txq->queued - txq->freed < txq->packets)
		status |= UK_NETDEV_STATUS_MORE;
	return status;
}

static ssize_t rx_frame(struct uk_netdev *dev, const struct rx_slot *slot)
{
	ssize_t len;

	for (;;) {
		len = dev->backend->recv(dev->backend_state, slot->data,
					 slot->room);
		if (len <= 0 || (size_t)len <= slot->room)
			return len;

		dev->stats.rx_dropped++;
		uk_pr_warn_once("a frame of %zd bytes was dropped, the receive buffer has room for %zu\n",
				len, slot->room);
	}
}

int uk_netdev_rx_one(struct uk_netdev *dev, uint16_t queue_id,
		     struct uk_netbuf **pkt)
{
	const struct rx_slot *slot;
	struct uk_netdev_rx_queue *rxq;
	uint16_t encap;
	ssize_t len;

	UK_ASSERT(dev);
	UK_ASSERT(queue_id < CONFIG_LIBUKNETDEV_MAXNBQUEUES);
	UK_ASSERT(dev->state == UK_NETDEV_RUNNING);
	UK_ASSERT(dev->rxq);
	UK_ASSERT(pkt);

	*pkt = NULL;

	/* What is waited for may be the answer to what is still pending. */
	if (dev->txq)
		tx_kick(dev);
	if (unlikely(dev->failure))
		return -EIO;

	rxq = dev->rxq;
	if (!dev->backend->recv || rxq->taken == rxq->posted)
		return 0;

	slot = &rxq->slots[rxq->taken & rxq->mask];
	len = rx_frame(dev, slot);
	if (unlikely(len < 0)) {
		deal_with(dev, (int)len);
		return -EIO;
	}
	if (!len)
		return 0;
	rxq->taken++;

	/* The header is the device's to write, before a received frame too. */
	encap = dev->settings.encap;
	memcpy((uint8_t *)slot->data - encap, dev->encap_header, encap);

	*pkt = slot->pkt;
#ifdef UK_NETBUF_F_DATA_VALID /* Unikraft 0.5 has no flags */
	(*pkt)->flags = 0;
#endif
	(*pkt)->len = (uint16_t)((size_t)len + dev->settings.rx_extra
				 + encap);
	uk_netbuf_header(*pkt, (int16_t)-encap);

	dev->stats.rx_packets++;
	dev->stats.rx_bytes += (size_t)len;

	return UK_NETDEV_STATUS_SUCCESS | UK_NETDEV_STATUS_MORE
	       | rx_fill(dev);
}
