/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A small application to run the host platform's main() with:
 *
 *	arguments [ARGUMENT]...	print the arguments
 *	device			print whether there is a device, and its values
 *	send COUNT [HOW]	send frames of 60, 61, ... bytes. HOW: "forever"
 *				does not stop, "slow" neither, and reports 50
 *				frames, "exit" ends by exit(), "leak" keeps a
 *				pool
 *	fresh			print a byte of fresh memory
 *	damage			write behind a block
 *	code NUMBER		return this exit code
 *	wait			do nothing, for ever
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <uk/alloc.h>
#include <uk/allocpool.h>
#include <uk/netdev.h>
#include <uk/plat/time.h>

#ifndef UK_NETDEV_F_RXQ_INTR
#error "uk_netdev_probe() would not be called"
#endif

static uint16_t no_buffers(void *argp, struct uk_netbuf *pkts[],
			   uint16_t count)
{
	(void)argp;
	(void)pkts;
	(void)count;
	return 0;
}

static struct uk_netdev *start(struct uk_netdev_info *info)
{
	struct uk_netdev_rxqueue_conf rx = { .alloc_rxpkts = no_buffers };
	struct uk_netdev_txqueue_conf tx = { .a = uk_alloc_get_default() };
	struct uk_netdev_conf conf = { .nb_rx_queues = 1, .nb_tx_queues = 1 };
	struct uk_netdev *dev = uk_netdev_get(0);

	rx.a = tx.a;
	if (!dev || uk_netdev_probe(dev) < 0)
		return NULL;
	uk_netdev_info_get(dev, info);
	if (uk_netdev_configure(dev, &conf) < 0
	    || uk_netdev_rxq_configure(dev, 0, 0, &rx) < 0
	    || uk_netdev_txq_configure(dev, 0, 0, &tx) < 0
	    || uk_netdev_start(dev) < 0)
		return NULL;
	return dev;
}

static int send_all(unsigned long count, const char *how)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	const int slow = !strcmp(how, "slow");
	const int forever = slow || !strcmp(how, "forever");
	struct uk_alloc *a = uk_alloc_get_default();
	struct uk_netdev_info info;
	struct uk_netdev *dev = start(&info);
	unsigned long i = 0;
	struct uk_netbuf *m;
	uint16_t len;
	int rc;

	if (!dev)
		return 9;
	if (!strcmp(how, "leak"))
		a = uk_allocpool2ukalloc(uk_allocpool_alloc(a, 200, 4096,
							    2048));
	while (i < count || forever) {
		len = (uint16_t)(60 + i % 1455);
		m = uk_netbuf_alloc_buf(a, 2048, info.ioalign,
					info.nb_encap_tx, 0, NULL);
		if (!m)
			return 8;
		memset(m->data, (int)(i & 0xff), len);
		m->len = len;
		rc = uk_netdev_tx_one(dev, 0, m);
		if (!uk_netdev_status_successful(rc))
			uk_netbuf_free(m);
		else
			i++;
		if (rc < 0)
			return 7;
		if (slow) {
			nanosleep(&moment, NULL);
			if (i == 50) {
				printf("sent 50\n");
				fflush(stdout);
			}
		}
	}
	printf("sent %lu\n", i);
	if (!strcmp(how, "exit"))
		exit(5);
	return 0;
}

int main(int argc, char *argv[])
{
	struct uk_netdev_queue_info queue;
	struct uk_netdev_info info;
	const struct uk_hwaddr *mac;
	struct uk_netdev *dev;
	unsigned char *bytes;
	int i;

	if (argc < 2)
		return 3;
	if (!strcmp(argv[1], "arguments")) {
		for (i = 0; i < argc; i++)
			printf("%s\n", argv[i]);
		return argv[argc] ? 1 : 0;
	}
	if (!strcmp(argv[1], "device")) {
		dev = start(&info);
		if (!dev) {
			printf("%u devices\n", uk_netdev_count());
			return 4;
		}
		uk_netdev_txq_info_get(dev, 0, &queue);
		mac = uk_netdev_hwaddr_get(dev);
		printf("%s ioalign=%u encap=%u ring=%u mtu=%u mac=%02x..%02x\n",
		       uk_netdev_drv_name_get(dev), info.ioalign,
		       info.nb_encap_tx, queue.nb_max, info.max_mtu,
		       mac->addr_bytes[0], mac->addr_bytes[5]);
		return 0;
	}
	if (!strcmp(argv[1], "send"))
		return send_all(strtoul(argv[2], NULL, 10),
				argc > 3 ? argv[3] : "");
	if (!strcmp(argv[1], "fresh") || !strcmp(argv[1], "damage")) {
		bytes = uk_malloc(uk_alloc_get_default(), 64);
		printf("%02x\n", bytes[63]);
		if (!strcmp(argv[1], "damage"))
			bytes[64] = 0;
		uk_free(uk_alloc_get_default(), bytes);
		return 0;
	}
	if (!strcmp(argv[1], "code"))
		return atoi(argv[2]);
	if (!strcmp(argv[1], "wait")) {
		printf("waiting\n");
		for (;;)
			nanosleep(&(const struct timespec){ .tv_sec = 60 },
				  NULL);
	}
	return 3;
}
