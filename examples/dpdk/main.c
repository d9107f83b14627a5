/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Send packets through a DPDK port, each with a number of its own: the frame
 * is in all mbufs of a pool once, and only what differs is written per packet.
 *
 *   main EAL-ARGUMENTS -- COUNT LENGTH
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include "udp4_seq.h"

#define NB_MBUFS	4095U
#define NB_CACHED	256U
#define NB_DESC		512U
#define NB_BURST	32U

static const struct udp4_seq_args args = {
	.mac_src = { 0x02, 0, 0, 0, 0, 1 },
	.mac_dst = { 0x02, 0, 0, 0, 0, 2 },
	.ipv4_src = IPv4(192, 0, 2, 1),
	.ipv4_dst = IPv4(192, 0, 2, 2),
	.port_src = 5001,
	.port_dst = 5001,
	.ttl = 64,
};

static uint16_t length;

/* Write the whole frame into an mbuf; a driver changes nothing of it */
static void fill(struct rte_mempool *pool, void *opaque, void *object,
		 unsigned int index)
{
	struct rte_mbuf *mbuf = object;

	(void)pool;
	(void)opaque;
	(void)index;
	udp4_seq_write(rte_pktmbuf_mtod(mbuf, uint8_t *), length, &args);
}

static struct rte_mempool *started(uint16_t port)
{
	const struct rte_eth_conf conf = { 0 };
	struct rte_mempool *pool;

	pool = rte_pktmbuf_pool_create("frames", NB_MBUFS, NB_CACHED, 0,
				       RTE_MBUF_DEFAULT_BUF_SIZE,
				       (int)rte_socket_id());
	if (!pool || rte_eth_dev_configure(port, 1, 1, &conf) ||
	    rte_eth_rx_queue_setup(port, 0, NB_DESC, rte_socket_id(), NULL,
				   pool) ||
	    rte_eth_tx_queue_setup(port, 0, NB_DESC, rte_socket_id(), NULL) ||
	    rte_eth_dev_start(port))
		rte_exit(EXIT_FAILURE, "the port cannot be started\n");
	rte_mempool_obj_iter(pool, fill, NULL);
	return pool;
}

/* Give a burst its numbers, the next ones of the sweep */
static void patch(struct rte_mbuf *burst[], unsigned int count,
		  struct udp4_seq_sweep *sweep)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		burst[i]->data_len = length;
		burst[i]->pkt_len = length;
		udp4_seq_sweep_write(rte_pktmbuf_mtod(burst[i], uint8_t *),
				     sweep);
		udp4_seq_sweep_next(sweep);
	}
}

/* Check what the driver gets, as a receiver would */
static void check(struct rte_mbuf *burst[], unsigned int count, uint32_t first)
{
	struct udp4_seq_fields fields;
	unsigned int i;

	for (i = 0; i < count; i++) {
		const uint8_t *frame = rte_pktmbuf_mtod(burst[i], uint8_t *);

		if (udp4_seq_match(frame, length, &args) != VERDICT_VALID ||
		    udp4_seq_parse(frame, length, &fields) != FRAME_VALID ||
		    fields.seqno_number != first + i)
			rte_exit(EXIT_FAILURE, "packet %" PRIu32 " is invalid\n",
				 first + i);
	}
}

int main(int argc, char *argv[])
{
	struct rte_mbuf *burst[NB_BURST];
	struct udp4_seq_sweep sweep;
	struct rte_mempool *pool;
	uint64_t count, done = 0, start, cycles;
	const int used = rte_eal_init(argc, argv);
	const uint16_t port = 0;
	unsigned int some, sent;

	if (used < 0 || argc - used != 3)
		rte_exit(2, "usage: %s EAL-ARGUMENTS -- COUNT LENGTH\n", argv[0]);
	count = strtoull(argv[used + 1], NULL, 10);
	length = (uint16_t)atoi(argv[used + 2]);
	if (!udp4_seq_accepts(length, &args))
		rte_exit(2, "a length is %u to %u\n", UDP4_SEQ_MIN_LEN,
			 UDP4_SEQ_MAX_LEN);
	if (!rte_eth_dev_count_avail())
		rte_exit(2, "there is no port; add --vdev=net_null0\n");

	pool = started(port);
	udp4_seq_sweep_init(&sweep, length, &args);
	start = rte_get_timer_cycles();
	while (done < count) {
		some = (unsigned int)RTE_MIN(count - done, NB_BURST);
		if (rte_pktmbuf_alloc_bulk(pool, burst, some))
			continue;
		patch(burst, some, &sweep);
		if (!done)
			check(burst, some, 0);
		for (sent = 0; sent < some;)
			sent += rte_eth_tx_burst(port, 0, burst + sent,
						 (uint16_t)(some - sent));
		done += some;
	}
	cycles = rte_get_timer_cycles() - start;
	printf("%" PRIu64 " packets, %.1f ns each\n", done,
	       (double)cycles * 1e9 / (double)rte_get_timer_hz() /
		       (double)RTE_MAX(done, 1U));
	rte_eth_dev_stop(port);
	rte_eth_dev_close(port);
	return rte_eal_cleanup();
}
