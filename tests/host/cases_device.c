/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The network device: what an application sees of it.
 */
#include "cases.h"

#define HEADROOM	64
#define BUFLEN		2048

static struct host_netdev_settings settings;
static int freed;
static uint8_t wire[16384];

/* Receive buffers: how many there still are, and what was asked for. */
static unsigned int rx_budget = UINT32_MAX;
static unsigned int rx_headroom = HEADROOM;
static uint16_t rx_room = 1514;
static unsigned int rx_asked, rx_given;

static void count_free(struct uk_netbuf *m)
{
	(void)m;
	freed++;
}

static struct uk_netbuf *packet(uint16_t len, int fill)
{
	struct uk_netbuf *m;

	m = uk_netbuf_alloc_buf(uk_alloc_get_default(), BUFLEN, 2048,
				HEADROOM, 0, count_free);
	CHECK(m);
	memset(m->buf, 0x11, BUFLEN);
	memset(m->data, fill, len);
	m->len = len;
	return m;
}

static uint16_t alloc_rx(void *argp, struct uk_netbuf *pkts[],
			 uint16_t count)
{
	uint16_t i;

	CHECK(argp == &rx_budget);
	rx_asked += count;
	for (i = 0; i < count && rx_budget; i++, rx_budget--) {
		pkts[i] = uk_netbuf_alloc_buf(uk_alloc_get_default(), BUFLEN,
					      2048, (uint16_t)rx_headroom, 0,
					      count_free);
		CHECK(pkts[i]);
		pkts[i]->len = rx_room;
		pkts[i]->flags = UK_NETBUF_F_DATA_VALID;
	}
	rx_given += i;
	return i;
}

static struct uk_netdev *create(const char *device)
{
	if (!settings.device)
		host_netdev_settings_init(&settings);
	settings.device = device;
	return host_netdev_create(&settings);
}

static const struct uk_netdev_conf one_each = {
	.nb_rx_queues = 1,
	.nb_tx_queues = 1,
};

static int configure_tx(struct uk_netdev *dev, uint16_t nb_desc)
{
	struct uk_netdev_txqueue_conf conf = {
		.a = uk_alloc_get_default(),
	};

	return uk_netdev_txq_configure(dev, 0, nb_desc, &conf);
}

static int configure_rx(struct uk_netdev *dev, uint16_t nb_desc)
{
	struct uk_netdev_rxqueue_conf conf = {
		.a = uk_alloc_get_default(),
		.alloc_rxpkts = alloc_rx,
		.alloc_rxpkts_argp = &rx_budget,
	};

	return uk_netdev_rxq_configure(dev, 0, nb_desc, &conf);
}

static struct uk_netdev *configured(const char *device)
{
	struct uk_netdev *dev = create(device);

	CHECK(dev);
	CHECK_EQ(uk_netdev_probe(dev), 0);
	CHECK_EQ(uk_netdev_configure(dev, &one_each), 0);
	CHECK_EQ(configure_rx(dev, 0), 0);
	CHECK_EQ(configure_tx(dev, 0), 0);
	return dev;
}

static struct uk_netdev *started(const char *device)
{
	struct uk_netdev *dev = configured(device);

	CHECK_EQ(uk_netdev_start(dev), 0);
	return dev;
}

static int send(struct uk_netdev *dev, uint16_t len, int fill)
{
	struct uk_netbuf *m = packet(len, fill);
	int rc = uk_netdev_tx_one(dev, 0, m);

	if (!uk_netdev_status_successful(rc)) {
		CHECK_EQ(m->len, len);
		CHECK_EQ(uk_netbuf_headroom(m), HEADROOM);
		m->dtor = NULL;
		uk_netbuf_free(m);
	}
	return rc;
}

#define SUCCESS	UK_NETDEV_STATUS_SUCCESS
#define MORE	UK_NETDEV_STATUS_MORE

CASE(status_macros)
{
	CHECK(uk_netdev_status_successful(SUCCESS));
	CHECK(uk_netdev_status_successful(SUCCESS | MORE));
	CHECK(!uk_netdev_status_successful(-5));
	CHECK(!uk_netdev_status_successful(-1));
	CHECK(!uk_netdev_status_successful(0));
	CHECK(uk_netdev_status_notready(0));
	CHECK(uk_netdev_status_notready(UK_NETDEV_STATUS_UNDERRUN));
	CHECK(!uk_netdev_status_notready(-ENOSPC));
	CHECK(!uk_netdev_status_notready(-2));
	CHECK(uk_netdev_status_more(SUCCESS | MORE));
	CHECK(!uk_netdev_status_more(MORE));
	CHECK(!uk_netdev_status_more(SUCCESS));
	CHECK(!uk_netdev_status_more(-1));
}

/*
 * Setting up
 */
CASE(devices_are_numbered)
{
	struct uk_netdev *first, *second;

	CHECK_EQ(uk_netdev_count(), 0);
	CHECK(!uk_netdev_get(0));
	first = create("null");
	second = create("loop");
	CHECK_EQ(uk_netdev_count(), 2);
	CHECK(uk_netdev_get(0) == first && uk_netdev_get(1) == second);
	CHECK(!uk_netdev_get(2));
	CHECK_EQ(uk_netdev_id_get(second), 1);
	CHECK(!strcmp(uk_netdev_drv_name_get(second), "loop"));
	CHECK_EQ(host_netdev_destroy(first), 0);
	CHECK(create("null") == uk_netdev_get(0));
	CHECK_EQ(host_netdev_destroy(uk_netdev_get(0)), 0);
	CHECK_EQ(host_netdev_destroy(second), 0);
	CHECK_EQ(uk_netdev_count(), 0);
}

CASE(settings_are_reported)
{
	struct uk_netdev_queue_info queue;
	struct uk_netdev_info info;
	struct uk_netdev *dev;

	host_netdev_settings_init(&settings);
	dev = create("null");
	CHECK_EQ(uk_netdev_state_get(dev), UK_NETDEV_UNPROBED);
	uk_netdev_probe(dev);
	memset(&info, 0xff, sizeof(info));
	uk_netdev_info_get(dev, &info);
	CHECK_EQ(info.ioalign, 2048);
	CHECK_EQ(info.nb_encap_tx, 16);
	CHECK_EQ(info.nb_encap_rx, 16);
	CHECK_EQ(info.max_mtu, 1500);
	CHECK_EQ(info.max_rx_queues, 1);
	CHECK_EQ(info.max_tx_queues, 1);
	CHECK_EQ(info.features, 0);
	uk_netdev_configure(dev, &one_each);
	CHECK_EQ(uk_netdev_state_get(dev), UK_NETDEV_CONFIGURED);
	CHECK_EQ(uk_netdev_txq_info_get(dev, 0, &queue), 0);
	CHECK_EQ(queue.nb_max, 256);
	CHECK_EQ(queue.nb_min, 1);
	CHECK(queue.nb_is_power_of_two);
	CHECK_EQ(uk_netdev_mtu_get(dev), 1500);
	CHECK_EQ(uk_netdev_hwaddr_get(dev)->addr_bytes[0], 2);
	CHECK_EQ(uk_netdev_hwaddr_get(dev)->addr_bytes[5], 1);
	CHECK_EQ(sizeof(struct uk_hwaddr), 6);
	CHECK_EQ(uk_netdev_promiscuous_get(dev), 0);
	CHECK_EQ(uk_netdev_promiscuous_set(dev, 1), -ENOTSUP);
	host_netdev_destroy(dev);

	/* As linuxu's tap. */
	settings.ioalign = 0;
	settings.encap = 0;
	settings.ring = 65535;
	settings.mac[5] = 7;
	settings.mtu = 9000;
	dev = create("null");
	uk_netdev_probe(dev);
	uk_netdev_info_get(dev, &info);
	CHECK_EQ(info.ioalign, 0);
	CHECK_EQ(info.nb_encap_tx, 0);
	CHECK_EQ(info.max_mtu, 9000);
	uk_netdev_configure(dev, &one_each);
	CHECK_EQ(uk_netdev_rxq_info_get(dev, 0, &queue), 0);
	CHECK_EQ(queue.nb_max, 65535);
	CHECK(!queue.nb_is_power_of_two);
	CHECK_EQ(uk_netdev_hwaddr_get(dev)->addr_bytes[5], 7);
	host_netdev_destroy(dev);
}

CASE(wrong_settings_are_refused)
{
	struct host_netdev_settings good;

	host_netdev_settings_init(&good);
#define REFUSED(change)							\
	do {								\
		settings = good;					\
		settings.change;					\
		errno = 0;						\
		CHECK(!host_netdev_create(&settings));			\
		CHECK_EQ(errno, EINVAL);				\
	} while (0)
	REFUSED(device = NULL);
	REFUSED(device = "");
	REFUSED(device = "tap");
	REFUSED(device = "nul");
	REFUSED(device = "null:1");
	REFUSED(device = "loop:0");
	REFUSED(device = "loop:x");
	REFUSED(device = "pcap");
	REFUSED(device = "pcap:");
	REFUSED(ioalign = 24);
	REFUSED(ioalign = 8192);
	REFUSED(encap = 257);
	REFUSED(ring = 0);
	REFUSED(ring = 1);
	REFUSED(descs = 0);
	REFUSED(batch = 0);
	REFUSED(mtu = 67);
	REFUSED(mtu = 9001);
	REFUSED(mac[0] = 3);
	REFUSED(mac[0] = 0; settings.mac[5] = 0);
	CHECK_EQ(uk_netdev_count(), 0);
}

CASE(steps_out_of_order_fail)
{
	static const struct uk_netdev_conf none, two = { 1, 2 };
	struct uk_netdev *dev = create("null");

	CHECK_EQ(uk_netdev_configure(dev, &one_each), -EINVAL);
	CHECK_EQ(configure_tx(dev, 0), -EINVAL);
	CHECK_EQ(uk_netdev_start(dev), -EINVAL);
	uk_netdev_probe(dev);
	CHECK_EQ(configure_rx(dev, 0), -EINVAL);
	CHECK_EQ(uk_netdev_configure(dev, &two), -EINVAL);
	CHECK_EQ(uk_netdev_configure(dev, &none), -ENOTSUP);
	CHECK_EQ(uk_netdev_configure(dev, &one_each), 0);
	CHECK_EQ(uk_netdev_configure(dev, &one_each), -EINVAL);
	CHECK_EQ(configure_tx(dev, 512), -ENOBUFS);
	CHECK_EQ(configure_tx(dev, 100), -EINVAL);
	CHECK_EQ(configure_tx(dev, 1), -EINVAL);
	CHECK_EQ(configure_tx(dev, 256), 0);
	CHECK_EQ(configure_tx(dev, 256), -EBUSY);
	CHECK_EQ(configure_rx(dev, 512), -ENOBUFS);
	CHECK_EQ(configure_rx(dev, 2), 0);
	CHECK_EQ(configure_rx(dev, 2), -EBUSY);
	CHECK_EQ(uk_netdev_start(dev), 0);
	CHECK_EQ(uk_netdev_start(dev), -EINVAL);
	CHECK_EQ(uk_netdev_state_get(dev), UK_NETDEV_RUNNING);
	CHECK_EQ(uk_netdev_rxq_intr_enable(dev, 0), -ENOTSUP);
	CHECK_EQ(uk_netdev_rxq_intr_disable(dev, 0), -ENOTSUP);
	CHECK_EQ(host_netdev_destroy(dev), 0);
}

CASE(queues_without_memory)
{
	struct uk_netdev *dev;
	struct uk_netdev_txqueue_conf no_allocator = { .a = NULL };
	int n;

	host_alloc_poison(1);
	dev = create("null");
	uk_netdev_probe(dev);
	uk_netdev_configure(dev, &one_each);
	CHECK_EQ(uk_netdev_txq_configure(dev, 0, 0, &no_allocator), -ENOMEM);
	for (n = 0; n < 2; n++) {
		host_alloc_fail_after(n);
		CHECK_EQ(configure_tx(dev, 0), -ENOMEM);
		CHECK_EQ(host_alloc_live(), 0);
	}
	host_alloc_fail_after(0);
	CHECK_EQ(configure_rx(dev, 0), -ENOMEM);
	CHECK_EQ(rx_asked, 0);
	CHECK_EQ(host_alloc_live(), 0);
	host_netdev_destroy(dev);
}

CASE(dies_info_before_probe)
{
	struct uk_netdev_info info;

	uk_netdev_info_get(create("null"), &info);
}

CASE(dies_probed_twice)
{
	struct uk_netdev *dev = create("null");

	uk_netdev_probe(dev);
	uk_netdev_probe(dev);
}

CASE(dies_queue_info_before_configure)
{
	struct uk_netdev *dev = create("null");
	struct uk_netdev_queue_info info;

	uk_netdev_probe(dev);
	uk_netdev_txq_info_get(dev, 0, &info);
}

CASE(dies_address_before_configure)
{
	struct uk_netdev *dev = create("null");

	uk_netdev_probe(dev);
	uk_netdev_hwaddr_get(dev);
}

CASE(dies_send_before_start)
{
	struct uk_netdev *dev = create("null");

	uk_netdev_probe(dev);
	uk_netdev_configure(dev, &one_each);
	configure_tx(dev, 0);
	uk_netdev_tx_one(dev, 0, packet(60, 1));
}

CASE(dies_receive_buffer_longer_than_it_is)
{
	rx_room = BUFLEN - HEADROOM + 1 + 8;
	started("loop");
}

/*
 * Sending
 */
CASE(header_goes_in_place_and_stays)
{
	struct uk_netdev *dev;
	struct uk_netbuf *m;
	uint8_t *data;
	int i;

	dev = started("null");
	m = packet(60, 0x33);
	data = m->data;
	uk_netbuf_ref(m);
	CHECK_EQ(uk_netdev_tx_one(dev, 0, m), SUCCESS | MORE);
	CHECK((uint8_t *)m->data == data - 16);
	CHECK_EQ(m->len, 76);
	for (i = 1; i <= 16; i++)
		CHECK_EQ(data[-i], i <= 4 ? 0xec : 0x00);
	CHECK_EQ(data[-17], 0x11);
	for (i = 0; i < 60; i++)
		CHECK_EQ(data[i], 0x33);

	/* Whoever sends it again without restoring it runs out of room. */
	uk_netbuf_ref(m);
	CHECK_EQ(uk_netdev_tx_one(dev, 0, m), SUCCESS | MORE);
	uk_netbuf_ref(m);
	CHECK_EQ(uk_netdev_tx_one(dev, 0, m), SUCCESS | MORE);
	uk_netbuf_ref(m);
	CHECK_EQ(uk_netdev_tx_one(dev, 0, m), SUCCESS | MORE);
	CHECK_EQ(uk_netbuf_headroom(m), 0);
	CHECK_EQ(uk_netdev_tx_one(dev, 0, m), -ENOSPC);
	CHECK_EQ(uk_netbuf_headroom(m), 0);
	CHECK_EQ(m->len, 124);
	uk_netbuf_free(m);
	CHECK_EQ(freed, 0);
	CHECK_EQ(host_netdev_destroy(dev), 0);
	CHECK_EQ(freed, 1 + 128);
}

CASE(no_header_without_encapsulation)
{
	struct uk_netdev *dev;
	struct uk_netbuf *m;

	host_netdev_settings_init(&settings);
	settings.encap = 0;
	dev = started("null");
	m = uk_netbuf_alloc_buf(uk_alloc_get_default(), 64, 64, 0, 0, NULL);
	m->len = 60;
	uk_netbuf_ref(m);
	CHECK_EQ(uk_netdev_tx_one(dev, 0, m), SUCCESS | MORE);
	CHECK(m->data == m->buf && m->len == 60);
	uk_netbuf_free(m);
	host_netdev_destroy(dev);
}

CASE(too_long_frames_are_refused)
{
	struct host_netdev_stats stats;
	struct uk_netbuf *head, *tail;
	struct uk_netdev *dev;

	dev = started("null");
	CHECK_EQ(send(dev, 1515, 1), -ENOTSUP);
	CHECK_EQ(send(dev, 0, 1), -EINVAL);
	CHECK_EQ(send(dev, 1514, 1), SUCCESS | MORE);
	head = packet(60, 1);
	tail = packet(60, 1);
	uk_netbuf_connect(head, tail);
	CHECK_EQ(uk_netdev_tx_one(dev, 0, head), -ENOTSUP);
	CHECK_EQ(head->len, 60);
	uk_netbuf_free(head);
	host_netdev_flush(dev);
	host_netdev_stats_get(dev, &stats);
	CHECK_EQ(stats.tx_packets, 1);
	CHECK_EQ(stats.tx_bytes, 1514);
	host_netdev_destroy(dev);

	settings.mtu = 100;
	dev = started("null");
	CHECK_EQ(send(dev, 115, 1), -ENOTSUP);
	CHECK_EQ(send(dev, 114, 1), SUCCESS | MORE);
	host_netdev_destroy(dev);
}

CASE(sent_packets_come_back_in_the_next_send_only)
{
	struct uk_netdev *dev;
	struct uk_netbuf *pkt;

	host_netdev_settings_init(&settings);
	settings.batch = 1;
	dev = started("null");
	send(dev, 60, 1);
	CHECK_EQ(freed, 0);
	CHECK_EQ(host_netdev_flush(dev), 0);
	CHECK_EQ(freed, 0);
	CHECK_EQ(uk_netdev_rx_one(dev, 0, &pkt), 0);
	CHECK_EQ(freed, 0);
	send(dev, 60, 1);
	CHECK_EQ(freed, 1);
	CHECK_EQ(send(dev, 1515, 1), -ENOTSUP);
	CHECK_EQ(freed, 2);
	send(dev, 60, 1);
	CHECK_EQ(freed, 2);
	host_netdev_destroy(dev);
	/* That, and 128 receive buffers. */
	CHECK_EQ(freed, 3 + 128);
}

CASE(batches_are_handed_over_whole)
{
	struct host_netdev_stats stats;
	struct uk_netdev *dev;
	int i;

	host_netdev_settings_init(&settings);
	settings.batch = 5;
	dev = started("null");
	for (i = 1; i <= 20; i++) {
		send(dev, 60, 1);
		host_netdev_stats_get(dev, &stats);
		CHECK_EQ(stats.tx_packets, i / 5 * 5);
		CHECK_EQ(freed, (i - 1) / 5 * 5);
	}
	send(dev, 60, 1);
	CHECK_EQ(host_netdev_flush(dev), 0);
	host_netdev_stats_get(dev, &stats);
	CHECK_EQ(stats.tx_packets, 21);
	host_netdev_destroy(dev);
}

CASE(full_ring_is_not_ready)
{
	struct uk_netdev *dev;
	int i;

	host_netdev_settings_init(&settings);
	settings.batch = 1000;
	dev = started("null");
	for (i = 1; i < 128; i++)
		CHECK_EQ(send(dev, 60, 1), SUCCESS | MORE);
	CHECK_EQ(send(dev, 60, 1), SUCCESS);
	/* The device starts to work now, but what it did is not seen yet. */
	CHECK_EQ(send(dev, 60, 1), 0);
	CHECK_EQ(freed, 0);
	CHECK_EQ(send(dev, 60, 1), SUCCESS | MORE);
	CHECK_EQ(freed, 128);
	host_netdev_destroy(dev);
}

CASE(descriptors_limit_the_ring)
{
	struct uk_netdev *dev;
	int i;

	host_netdev_settings_init(&settings);
	settings.batch = 65535;
	settings.ring = 65535;
	settings.descs = 9000;
	CHECK(!create("null"));
	settings.descs = 16;
	settings.ring = 100;
	dev = started("null");
	for (i = 1; i < 6; i++)
		CHECK_EQ(send(dev, 60, 1), SUCCESS | MORE);
	CHECK_EQ(send(dev, 60, 1), SUCCESS);
	CHECK_EQ(send(dev, 60, 1), 0);
	host_netdev_destroy(dev);
}

CASE(counters_wrap_around_odd_rings)
{
	struct host_netdev_stats stats;
	struct uk_netdev *dev;
	int i, sent = 0;

	host_netdev_settings_init(&settings);
	settings.batch = 7;
	settings.ring = 23;
	settings.descs = 2;
	dev = started("loop:3");
	for (i = 0; i < 5000; i++) {
		if (uk_netdev_status_successful(send(dev, 60, sent & 0xff)))
			sent++;
		if (i % 3)
			continue;
		if (host_netdev_take(dev, wire, sizeof(wire)) == 60) {
			host_netdev_stats_get(dev, &stats);
			CHECK(stats.tx_packets <= (unsigned int)sent);
		}
	}
	host_netdev_destroy(dev);
	CHECK_EQ(freed, sent + 11);
}

CASE(full_backend_loses_nothing)
{
	struct host_netdev_stats stats;
	struct uk_netdev *dev;
	int sent = 0, got = 0, rc;

	host_netdev_settings_init(&settings);
	settings.ring = 16;
	settings.batch = 4;
	dev = started("loop:3");
	do {
		rc = send(dev, (uint16_t)(60 + sent), sent);
		if (rc > 0)
			sent++;
	} while (rc);
	/* 8 in the ring and 3 on the wire. */
	CHECK_EQ(sent, 11);
	CHECK_EQ(freed, 3);
	host_netdev_stats_get(dev, &stats);
	CHECK_EQ(stats.tx_packets, 3);
	CHECK_EQ(host_netdev_flush(dev), 8);

	while (host_netdev_take(dev, wire, sizeof(wire)) > 0) {
		CHECK_EQ(wire[0], got);
		CHECK_EQ(wire[59 + got], got);
		got++;
	}
	CHECK_EQ(got, 11);
	host_netdev_stats_get(dev, &stats);
	CHECK_EQ(stats.tx_packets, 11);
	CHECK_EQ(freed, 3);
	send(dev, 60, 1);
	CHECK_EQ(freed, 11);
	host_netdev_destroy(dev);
}

CASE(shared_netbuf_is_sent_as_it_was)
{
	struct uk_netdev *dev;
	struct uk_netbuf *m;
	void *data;
	int i, j;

	dev = started("loop");
	m = packet(60, 0x44);
	data = m->data;
	for (i = 0; i < 300; i++) {
		uk_netbuf_ref(m);
		if (!uk_netdev_status_successful(uk_netdev_tx_one(dev, 0, m)))
			exit(1);
		m->data = data;
		m->len = 60;
	}
	for (i = 0; i < 300; i++) {
		CHECK_EQ(host_netdev_take(dev, wire, sizeof(wire)), 60);
		for (j = 0; j < 60; j++)
			CHECK_EQ(wire[j], 0x44);
	}
	CHECK_EQ(host_netdev_take(dev, wire, sizeof(wire)), 0);
	CHECK_EQ(freed, 0);
	uk_netbuf_free(m);
	CHECK_EQ(freed, 0);
	host_netdev_destroy(dev);
	CHECK_EQ(freed, 1 + 128);
}

CASE(pool_smaller_than_a_batch_starves)
{
	struct uk_allocpool *p;
	struct uk_netdev *dev;
	struct uk_netbuf *m;
	int sent = 0;

	/* What happens to a loop that allocates before it sends. */
	dev = started("null");
	p = uk_allocpool_alloc(uk_alloc_get_default(), 31, 512, 8);
	while ((m = uk_netbuf_alloc_buf(uk_allocpool2ukalloc(p), 256, 8, 64,
					0, NULL)) != NULL && sent < 1000) {
		m->len = 60;
		sent += uk_netdev_tx_one(dev, 0, m) & SUCCESS;
	}
	CHECK_EQ(sent, 31);
	host_netdev_destroy(dev);
	CHECK_EQ(uk_allocpool_availcount(p), 31);
}

static struct uk_netdev *reentered;

static void look_around(struct uk_netbuf *m)
{
	struct host_netdev_stats stats;

	(void)m;
	CHECK_EQ(host_netdev_flush(reentered), 0);
	host_netdev_stats_get(reentered, &stats);
	freed++;
}

CASE(destructor_may_use_the_device)
{
	struct uk_netbuf *m;
	int i;

	host_netdev_settings_init(&settings);
	settings.batch = 2;
	reentered = started("null");
	for (i = 0; i < 10; i++) {
		m = packet(60, i);
		m->dtor = look_around;
		uk_netdev_tx_one(reentered, 0, m);
	}
	/* Each look hands over what is pending, so less stays behind. */
	CHECK(freed >= 8);
	host_netdev_destroy(reentered);
	CHECK_EQ(freed, 10 + 128);
}

/*
 * Receiving
 */
CASE(received_packets)
{
	struct host_netdev_stats stats;
	struct uk_netdev *dev;
	struct uk_netbuf *m;
	uint8_t *data;
	int i, round;

	dev = started("loop");
	CHECK_EQ(rx_given, 128);
	CHECK_EQ(uk_netdev_rx_one(dev, 0, &m), 0);
	CHECK(!m);
	CHECK_EQ(rx_asked, 128);
	for (round = 0; round < 500; round++) {
		/* Less than a batch: looking for packets sends it. */
		send(dev, 99, round & 0xff);
		CHECK_EQ(uk_netdev_rx_one(dev, 0, &m), SUCCESS | MORE);
		CHECK_EQ(m->len, 99);
		CHECK_EQ(uk_netbuf_headroom(m), HEADROOM);
		data = m->data;
		for (i = 0; i < 99; i++)
			CHECK_EQ(data[i], round & 0xff);
		CHECK_EQ(data[-1], 0xec);
		CHECK_EQ(data[-16], 0);
		CHECK_EQ(m->flags, 0);
		CHECK_EQ(rx_asked, 129 + round);
		uk_netbuf_free(m);
	}
	CHECK_EQ(uk_netdev_rx_one(dev, 0, &m), 0);
	host_netdev_stats_get(dev, &stats);
	CHECK_EQ(stats.rx_packets, 500);
	CHECK_EQ(stats.rx_bytes, 500 * 99);
	host_netdev_destroy(dev);
	CHECK_EQ(freed, 500 + 500 + 128);
}

CASE(received_length_may_be_too_large)
{
	struct uk_netdev *dev;
	struct uk_netbuf *m;

	host_netdev_settings_init(&settings);
	settings.rx_extra = 10;
	dev = started("loop");
	CHECK_EQ(host_netdev_inject(dev, wire, 60), 1);
	CHECK_EQ(uk_netdev_rx_one(dev, 0, &m), SUCCESS | MORE);
	CHECK_EQ(m->len, 70);
	CHECK_EQ(uk_netbuf_headroom(m), HEADROOM);
	uk_netbuf_free(m);
	host_netdev_destroy(dev);
}

CASE(wire_has_a_far_end)
{
	struct uk_netdev *dev = started("loop:1");

	CHECK_EQ(host_netdev_inject(dev, wire, 0), -EINVAL);
	CHECK_EQ(host_netdev_inject(dev, wire, 60), 1);
	CHECK_EQ(host_netdev_inject(dev, wire, 60), 0);
	CHECK_EQ(host_netdev_take(dev, wire, 59), 60);
	CHECK_EQ(host_netdev_take(dev, wire, 60), 0);
	host_netdev_destroy(dev);
	dev = started("null");
	CHECK_EQ(host_netdev_inject(dev, wire, 60), -ENOTSUP);
	CHECK_EQ(host_netdev_take(dev, wire, 60), -ENOTSUP);
	host_netdev_destroy(dev);
}

CASE(frames_longer_than_the_buffer_are_dropped)
{
	struct host_netdev_stats stats;
	struct uk_netdev *dev;
	struct uk_netbuf *m;

	rx_room = 60;
	dev = started("loop");
	host_netdev_inject(dev, wire, 61);
	host_netdev_inject(dev, wire, 62);
	host_netdev_inject(dev, wire, 60);
	CHECK_EQ(uk_netdev_rx_one(dev, 0, &m), SUCCESS | MORE);
	CHECK_EQ(m->len, 60);
	uk_netbuf_free(m);
	host_netdev_stats_get(dev, &stats);
	CHECK_EQ(stats.rx_dropped, 2);
	CHECK_EQ(stats.rx_packets, 1);
	host_netdev_destroy(dev);
}

CASE(receive_queue_runs_dry)
{
	struct uk_netdev *dev;
	struct uk_netbuf *m;
	int i;

	rx_budget = 3;
	dev = started("loop");
	CHECK_EQ(rx_given, 3);
	for (i = 0; i < 5; i++)
		host_netdev_inject(dev, wire, 60);
	for (i = 0; i < 2; i++) {
		CHECK_EQ(uk_netdev_rx_one(dev, 0, &m),
			 SUCCESS | MORE | UK_NETDEV_STATUS_UNDERRUN);
		uk_netbuf_free(m);
	}
	/* There are buffers again: a packet makes room for all of them. */
	rx_budget = 200;
	CHECK_EQ(uk_netdev_rx_one(dev, 0, &m), SUCCESS | MORE);
	uk_netbuf_free(m);
	CHECK_EQ(rx_given, 3 + 128);
	for (i = 0; i < 2; i++) {
		CHECK_EQ(uk_netdev_rx_one(dev, 0, &m), SUCCESS | MORE);
		uk_netbuf_free(m);
	}
	CHECK_EQ(uk_netdev_rx_one(dev, 0, &m), 0);
	host_netdev_destroy(dev);
}

CASE(receive_queue_without_buffers_stays_empty)
{
	struct uk_netdev *dev;
	struct uk_netbuf *m;

	rx_budget = 0;
	dev = started("loop");
	rx_budget = 200;
	host_netdev_inject(dev, wire, 60);
	CHECK_EQ(uk_netdev_rx_one(dev, 0, &m), 0);
	CHECK_EQ(rx_given, 0);
	CHECK_EQ(host_netdev_take(dev, wire, sizeof(wire)), 60);
	host_netdev_destroy(dev);
}

CASE(receive_buffers_need_headroom)
{
	struct uk_netdev *dev;

	rx_headroom = 15;
	dev = started("loop");
	/* The first attempt failed, and took no buffer with it. */
	CHECK_EQ(rx_given, 64);
	CHECK_EQ(freed, 64);
	host_netdev_destroy(dev);
	CHECK_EQ(freed, 64);
}

CASE(everything_is_given_back_at_the_end)
{
	struct uk_netdev *dev;
	int i;

	host_alloc_poison(0xa5);
	dev = started("loop:5");
	for (i = 0; i < 40; i++)
		send(dev, 60, i);
	CHECK(host_alloc_live() > 100);
	CHECK_EQ(host_netdev_destroy(dev), 0);
	CHECK_EQ(host_alloc_live(), 0);
	CHECK_EQ(host_alloc_check(), 0);
	CHECK_EQ(freed, 40 + 128);
}

/*
 * A backend that fails. test_platform.py sets the limit on file sizes that this
 * runs into.
 */
CASE(failure_is_reported_once_and_stays)
{
	struct uk_netdev *dev;
	int i, rc;

	host_netdev_settings_init(&settings);
	settings.batch = 8;
	dev = configured("pcap:/dev/full");
	CHECK_EQ(uk_netdev_start(dev), -ENOSPC);
	CHECK_EQ(uk_netdev_state_get(dev), UK_NETDEV_CONFIGURED);
	CHECK_EQ(host_netdev_destroy(dev), -ENOSPC);
	dev = configured("pcap:/nonexistent/file");
	CHECK_EQ(uk_netdev_start(dev), -ENOENT);
	CHECK_EQ(host_netdev_destroy(dev), -ENOENT);
	CHECK_EQ(uk_netdev_count(), 0);

	dev = started("pcap:limited.pcap");
	for (i = 0; i < 100000; i++) {
		rc = send(dev, 1000, 1);
		if (rc < 0)
			break;
	}
	CHECK_EQ(rc, -EIO);
	CHECK_EQ(send(dev, 60, 1), -EIO);
	CHECK_EQ(host_netdev_flush(dev), -EFBIG);
	CHECK_EQ(host_netdev_destroy(dev), -EFBIG);
}
