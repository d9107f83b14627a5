/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <uk/essentials.h>
#include "netspeed.h"

#define NSEC_PER_MSEC	1000000ULL

/* Bounds of the mask. The upper one makes a loop that has become slow read the
 * clock again before seconds have passed.
 */
#define MASK_MIN	0x3ffULL
#define MASK_MAX	0xffffULL

/* What a rate is compared with; the first call sets it */
struct mark {
	uint64_t nb_pkts;
	uint64_t nb_bytes;
	__nsec ns;
	int set;
};

/* Of print_netspeed(); initialized by netspeed_start() */
static struct mark netspeed_mark;

uint64_t netspeed_rate(uint64_t nb, __nsec ns, unsigned int digits)
{
	uint64_t quotient, remainder, digit;
	unsigned int i;

	if (ns == 0)
		return 0;

	/* Long division, a decimal digit a step: nb * 10^9 does not fit into
	 * 64 bits for long, and a 128-bit division is not in every libc.
	 * Ten times the remainder must fit, which it does for 58 years.
	 */
	while (ns > UINT64_MAX / 10) {
		ns /= 2;
		nb /= 2;
	}
	quotient = nb / ns;
	remainder = nb % ns;
	for (i = 0; i < 9 + digits; i++) {
		digit = remainder * 10 / ns;
		if (quotient > (UINT64_MAX - digit) / 10)
			return UINT64_MAX;
		quotient = quotient * 10 + digit;
		remainder = remainder * 10 % ns;
	}
	return quotient;
}

/*
 * Move the mark to now and return what was counted since then. Returns 0 when
 * no time has passed: the mark stays, so that nothing goes uncounted.
 */
static int mark_move(struct mark *mark, uint64_t nb_pkts, uint64_t nb_bytes,
		     struct mark *since)
{
	__nsec now = ukplat_monotonic_clock();

	if (mark->set && now == mark->ns)
		return 0;

	*since = (struct mark){ 0 };
	if (mark->set && now > mark->ns) {
		since->ns = now - mark->ns;
		since->nb_pkts = nb_pkts - mark->nb_pkts;
		since->nb_bytes = nb_bytes - mark->nb_bytes;
	}
	*mark = (struct mark){
		.nb_pkts = nb_pkts,
		.nb_bytes = nb_bytes,
		.ns = now,
		.set = 1,
	};
	return 1;
}

static uint64_t pps_x100(const struct mark *since)
{
	return netspeed_rate(since->nb_pkts, since->ns, 2);
}

static uint64_t kbps(const struct mark *since)
{
	/* Bits a millisecond; eight times the bytes may not fit */
	uint64_t bytes_x1000 = netspeed_rate(since->nb_bytes, since->ns, 3);

	return bytes_x1000 / 125000;
}

int print_pps(uint64_t total_nb_pkts)
{
	static struct mark mark;
	struct mark since;
	uint64_t pps;

	if (!mark_move(&mark, total_nb_pkts, 0, &since))
		return 0;
	pps = pps_x100(&since);
	return printf("%9" PRIu64 ".%02" PRIu64 " packets/sec\n",
		      pps / 100, pps % 100);
}

int print_bps(uint64_t total_nb_bytes)
{
	static struct mark mark;
	struct mark since;
	uint64_t kb;

	if (!mark_move(&mark, 0, total_nb_bytes, &since))
		return 0;
	kb = kbps(&since);
	return printf("%5" PRIu64 ".%03" PRIu64 " Mbits/sec\n",
		      kb / 1000, kb % 1000);
}

int print_netspeed(uint64_t total_nb_pkts, uint64_t total_nb_bytes)
{
	struct mark since;
	uint64_t pps, kb;

	if (!mark_move(&netspeed_mark, total_nb_pkts, total_nb_bytes, &since))
		return 0;
	pps = pps_x100(&since);
	kb = kbps(&since);
	return printf("%9" PRIu64 ".%02" PRIu64 " packets/sec, "
		      "%5" PRIu64 ".%03" PRIu64 " Mbits/sec\n",
		      pps / 100, pps % 100, kb / 1000, kb % 1000);
}

__nsec netspeed_start(struct netspeed *s, __nsec interval)
{
	__nsec now = ukplat_monotonic_clock();
	struct mark since;

	*s = (struct netspeed){
		.mask = MASK_MIN,
		.read = now,
		.interval = interval,
		.printed = now,
	};
	/* The first line compares with this moment */
	mark_move(&netspeed_mark, 0, 0, &since);
	return now;
}

__nsec netspeed_read(struct netspeed *s, uint64_t total_nb_pkts,
		     uint64_t total_nb_bytes)
{
	__nsec now = ukplat_monotonic_clock();
	__nsec passed = now > s->read ? now - s->read : 0;

	if (passed < 5 * NSEC_PER_MSEC && s->mask < MASK_MAX) {
		s->mask = s->mask * 2 + 1;
	} else {
		while (passed > 20 * NSEC_PER_MSEC && s->mask > MASK_MIN) {
			s->mask /= 2;
			passed /= 2;
		}
	}
	s->read = now;

	/* A clock that went backwards starts a new interval */
	if (now < s->printed)
		s->printed = now;
	if (s->interval && now - s->printed >= s->interval) {
		s->printed = now;
		print_netspeed(total_nb_pkts, total_nb_bytes);
	}
	return now;
}
