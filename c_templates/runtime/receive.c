/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <uk/essentials.h>
#include <uk/netbuf.h>
#include <uk/netdev.h>
#include <uk/plat/time.h>
#include "device.h"
#include "packet.h"
#include "receive.h"
#include "rx_length.h"

/* Packets from one look at the clock to the next */
#define NB_RX_BURST	1024U

/* Print the first unexpected frame of each kind */
static void dump(const struct uk_netbuf *pkt, enum frame_verdict verdict)
{
	const uint8_t *frame = pkt->data;
	unsigned int i;

	fprintf(stderr, "first %s frame, %u bytes:",
		frame_verdict_name(verdict), (unsigned int)pkt->len);
	for (i = 0; i < pkt->len; i++)
		fprintf(stderr, "%s%02x", i % 16 ? " " : "\n  ",
			(unsigned int)frame[i]);
	fprintf(stderr, "\n");
}

static void match(const struct uk_netbuf *pkt, const struct options *opt,
		  struct traffic *seen)
{
	const enum frame_verdict verdict =
		packet_match(pkt->data, pkt->len, &opt->packet);

	if (unlikely(verdict != VERDICT_VALID && !seen->verdicts[verdict]))
		dump(pkt, verdict);
	seen->verdicts[verdict]++;
}

/*
 * Note when the first packets came, and when the last one has come. The clock
 * is read only when the queue is empty: while packets come in faster than they
 * are taken, they cost no time for this.
 */
static void note_time(struct traffic *seen, uint64_t received, int is_drained)
{
	const __nsec now = is_drained || !seen->first_received ?
			   ukplat_monotonic_clock() : 0;

	if (unlikely(!seen->first_received)) {
		seen->first_received = received;
		seen->first_received_bytes = seen->received_bytes;
		seen->first_at = now;
	}
	seen->last_at = is_drained ? now : 0;
}

uint64_t receive(struct uk_netdev *dev, const struct options *opt,
		 struct traffic *seen, uint64_t most)
{
	const uint64_t before = seen->received;
	uint64_t received;
	struct uk_netbuf *pkt;
	int status;

	while (seen->received - before < most) {
		status = uk_netdev_rx_one(dev, DEVICE_QUEUE, &pkt);
		if (!uk_netdev_status_successful(status))
			break;
		seen->received++;
		pkt->len = rx_length(pkt->data, pkt->len);
		/* A frame may be followed by what is not a part of it */
		pkt->len = packet_length(pkt->data, pkt->len);
		seen->received_bytes += pkt->len;
		if (opt->match)
			match(pkt, opt, seen);
		uk_netbuf_free(pkt);
		if (!uk_netdev_status_more(status))
			break;
	}
	received = seen->received - before;
	if (received)
		note_time(seen, received, received < most);
	return received;
}

void receive_late(struct uk_netdev *dev, const struct options *opt,
		  struct traffic *seen, __nsec quiet, __nsec most)
{
	const __nsec start = ukplat_monotonic_clock();
	__nsec now, quiet_since = start;
	uint64_t received;

	do {
		received = receive(dev, opt, seen, NB_RX_BURST);
		now = ukplat_monotonic_clock();
		if (received)
			quiet_since = now;
	} while (now - quiet_since < quiet && now - start < most);
}
