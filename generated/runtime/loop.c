/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loop: as fast as it goes or at a rate, for as many packets or for as long
 * as was asked for.
 */
#include <errno.h>
#include <inttypes.h>
#include <uk/essentials.h>
#include <uk/netdev.h>
#include <uk/plat/time.h>
#include "event.h"
#include "loop.h"
#include "netdef.h"
#include "netspeed.h"
#include "receive.h"

/* Consecutive failures after which the loop gives up */
#define NB_FAILED_MAX	1024

/* Packets from one look around to the next, and the longest time whose packets
 * are made up for when sending at a rate
 */
#define NB_BURST	32U
#define NB_DUE_MAX	1024U
#define CREDIT_MAX_NSEC	10000000ULL

/* The part of them that is sent at once, so that it does not come in a flood */
#define CATCH_UP	256U

/* A receiver without a time limit reports a silence of this length */
#define SILENCE_NSEC	3000000000ULL

/* How long packets may still be on their way when the last one was sent or came
 * in, and for how long the packets of others can put off the end
 */
#define LINGER_NSEC	100000000ULL
#define LINGER_MAX_NSEC	1000000000ULL

/* Time, as the loop sees it */
struct watch {
	struct netspeed speed;
	__nsec start;
	__nsec now;
	unsigned int failed;	/* failures in a row */
	int rc;			/* of the last one */
	uint64_t sent;		/* packets when it was looked last */
	__nsec sent_at;		/* when one was sent last, or none was due */
	uint64_t received;	/* the same of those that came in */
	__nsec received_at;
	int is_silent;		/* nothing came for long, as was reported */
};

static uint64_t sent_bytes(const struct sender *tx, const struct traffic *seen)
{
	return sweep_bytes(&tx->sweep, seen->sent, tx->opt->length);
}

/* What is counted towards the rate, in bytes as they are on the wire */
static void look(struct watch *watch, const struct sender *tx,
		 const struct traffic *seen)
{
	uint64_t pkts = seen->sent;
	uint64_t bytes = sent_bytes(tx, seen);

	if (!(tx->opt->mode & MODE_TX)) {
		pkts = seen->received;
		bytes = seen->received_bytes;
	}
	watch->now = netspeed_read(&watch->speed, pkts,
				   bytes + pkts * ETHER_WIRE_OVERHEAD);
	if (seen->sent != watch->sent) {
		watch->sent = seen->sent;
		watch->sent_at = watch->now;
	}
	if (seen->received != watch->received) {
		watch->received = seen->received;
		watch->received_at = watch->now;
	}
}

/*
 * Report once what a receiver waits for, when nothing comes and nothing but a
 * packet would end it.
 */
static void watch_silence(struct watch *watch, const struct options *opt)
{
	if (watch->is_silent || opt->mode != MODE_RX || opt->duration ||
	    opt->stall || (opt->idle && watch->received) ||
	    watch->now - watch->received_at < SILENCE_NSEC)
		return;
	watch->is_silent = 1;
	event_waiting(watch->received, opt->count,
		      (unsigned int)(SILENCE_NSEC / 1000000000ULL));
}

/* Did packets come in, and then none for the idle time that was asked for? */
static int is_idle(const struct watch *watch, const struct options *opt)
{
	return opt->idle && watch->received &&
	       watch->now - watch->received_at >= opt->idle;
}

/* When the last packet was sent; of a receiver, when the last one came */
static __nsec last_progress(const struct watch *watch,
			    const struct options *opt)
{
	return opt->mode & MODE_TX ? watch->sent_at : watch->received_at;
}

/* Was no packet sent, or received, for so long that this is an error? */
static int is_stalled(const struct watch *watch, const struct options *opt)
{
	return opt->stall &&
	       watch->now - last_progress(watch, opt) >= opt->stall;
}

/* Time is up, nothing comes or leaves, or somebody stopped the device */
static int is_over(const struct watch *watch, const struct sender *tx)
{
	const struct options *opt = tx->opt;

	return (opt->duration &&
		watch->now - watch->start >= opt->duration) ||
	       is_idle(watch, opt) || is_stalled(watch, opt) ||
	       uk_netdev_state_get(tx->sink.dev) != UK_NETDEV_RUNNING;
}

/* Send up to so many packets, and note failures */
static inline uint64_t send_watched(struct sender *tx, struct traffic *seen,
				    struct watch *watch, uint64_t most)
{
	uint64_t sent;
	int rc;

	sent = send_some(tx, seen, most, &rc);
	if (unlikely(rc < 0)) {
		watch->failed = sent ? 1 : watch->failed + 1;
		watch->rc = rc;
	} else {
		watch->failed = 0;
	}
	return sent;
}

/* Have there been too many failures to go on? */
static inline int gave_up(const struct watch *watch)
{
	return watch->failed >= NB_FAILED_MAX;
}

/* As fast as it goes, in any mode */
static void run_unlimited(struct sender *tx, struct traffic *seen,
			  struct watch *watch)
{
	const struct options *opt = tx->opt;
	const uint64_t count = opt->count ? opt->count : UINT64_MAX;
	const uint64_t *done = opt->mode & MODE_TX ? &seen->sent
						   : &seen->received;

	while (*done < count && !gave_up(watch)) {
		const uint64_t most = MIN(count - *done, (uint64_t)NB_BURST);
		uint64_t tries = 1;

		if (opt->mode & MODE_TX)
			tries += send_watched(tx, seen, watch, most);
		if (opt->mode & MODE_RX)
			tries += receive(tx->sink.dev, opt, seen,
					 opt->mode == MODE_RX ? most
							      : NB_BURST);
		if (unlikely(netspeed_tick(&watch->speed, tries))) {
			look(watch, tx, seen);
			watch_silence(watch, opt);
			if (is_over(watch, tx))
				return;
		}
	}
}

/*
 * How many packets to send now, of those that are due. Mostly one is, which
 * then departs at its time; after a pause, or at a high rate, more are.
 */
static uint64_t at_once(uint64_t due)
{
	return MIN(due, MIN(1 + due / CATCH_UP, NB_DUE_MAX));
}

/*
 * At a rate: time earns credit, a packet costs it. Credit is bounded, so that
 * a long pause is not made up for.
 */
static void run_paced(struct sender *tx, struct traffic *seen,
		      struct watch *watch)
{
	const struct options *opt = tx->opt;
	const uint64_t count = opt->count ? opt->count : UINT64_MAX;
	const uint64_t cost = opt->rate_ps;
	const uint64_t most = MAX(cost * NB_BURST, CREDIT_MAX_NSEC * 1000ULL);
	uint64_t credit = cost;
	__nsec before = watch->start;

	while (seen->sent < count && !gave_up(watch)) {
		const uint64_t due = at_once(credit / cost);

		credit -= cost * send_watched(tx, seen, watch,
					      MIN(count - seen->sent, due));
		if (opt->mode & MODE_RX)
			receive(tx->sink.dev, opt, seen, NB_DUE_MAX);
		look(watch, tx, seen);
		/* Where none was due, the device has not refused any */
		if (!due)
			watch->sent_at = watch->now;
		if (is_over(watch, tx))
			return;
		credit = MIN(credit + (watch->now - before) * 1000ULL, most);
		before = watch->now;
	}
}

#if CONFIG_PLAT_KVM && !CONFIG_APPPKTGEN_SINK_FREE && \
	!CONFIG_APPPKTGEN_SINK_WINDOW
/*
 * A device that takes packets in batches may not have taken the last ones; they
 * would be lost if the machine halted.
 */
static void send_late(void)
{
	const __nsec start = ukplat_monotonic_clock();

	while (ukplat_monotonic_clock() - start < LINGER_NSEC)
		;
}
#else
static void send_late(void)
{
}
#endif

static int report_stall(const struct watch *watch, const struct options *opt,
			const struct traffic *seen)
{
	const int is_tx = opt->mode & MODE_TX;
	const __nsec stalled = watch->now - last_progress(watch, opt);

	event_error("stalled", "%s for %u s, after %" PRIu64 "; "
		    "stall= sets this limit",
		    is_tx ? "the device has taken no packet"
			  : "no packet has come",
		    (unsigned int)(stalled / 1000000000ULL),
		    is_tx ? seen->sent : seen->received);
	return -ETIMEDOUT;
}

static int report_failure(const struct watch *watch)
{
	if (watch->rc == -ENOMEM)
		event_error("exhausted", "gave up after %u failures in a row: "
			    BUFFERS_EXHAUSTED, watch->failed);
	else
		event_error("refused", "gave up after %u failures in a row: "
			    "the device refuses packets (%d)", watch->failed,
			    watch->rc);
	return watch->rc;
}

int loop_run(struct sender *tx, struct traffic *seen)
{
	const struct options *opt = tx->opt;
	struct watch watch = { 0 };
	__nsec end;

	watch.start = netspeed_start(&watch.speed, opt->interval);
	watch.now = watch.start;
	watch.sent_at = watch.start;
	watch.received_at = watch.start;
	if (opt->rate_ps && opt->mode & MODE_TX)
		run_paced(tx, seen, &watch);
	else
		run_unlimited(tx, seen, &watch);
	end = ukplat_monotonic_clock();
	event_ended();
	seen->elapsed = end - watch.start;
	if (!seen->last_at)
		seen->last_at = end;
	seen->sent_bytes = sent_bytes(tx, seen);

	if (gave_up(&watch))
		return report_failure(&watch);
	if (is_stalled(&watch, opt))
		return report_stall(&watch, opt, seen);
	if (opt->mode & MODE_TX)
		send_late();
	if (opt->mode == MODE_BOTH)
		receive_late(tx->sink.dev, opt, seen, LINGER_NSEC,
			     LINGER_MAX_NSEC);
	return 0;
}
