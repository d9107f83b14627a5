/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The speed of sending and receiving: rates as fixed-point numbers, and when to
 * read the clock.
 */
#ifndef NETSPEED_H
#define NETSPEED_H

#include <stdint.h>
#include <uk/plat/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Rate per second as a fixed-point number
 *
 * @param nb
 *    What was counted
 * @param ns
 *    Nanoseconds that it took
 * @param digits
 *    Decimal digits behind the point
 * @return
 *    nb * 10^digits per second, rounded down; 0 when ns is 0, UINT64_MAX
 *    when the rate does not fit
 */
uint64_t netspeed_rate(uint64_t nb, __nsec ns, unsigned int digits);

/**
 * Print the packet rate since the last call
 *
 * The first call, and one after the clock went backwards, have nothing to
 * compare with: they print a rate of zero and start anew. A call in the same
 * nanosecond as the last prints nothing.
 *
 * @param total_nb_pkts
 *    Packets since the program began
 * @return
 *    Number of characters printed
 */
int print_pps(uint64_t total_nb_pkts);

/**
 * Print the bit rate since the last call; otherwise as print_pps()
 *
 * @param total_nb_bytes
 *    Bytes since the program began; add ETHER_WIRE_OVERHEAD a packet to
 *    compare with the speed of a link
 */
int print_bps(uint64_t total_nb_bytes);

/**
 * Print packet rate and bit rate since the last call, in one line; otherwise
 * as print_pps()
 */
int print_netspeed(uint64_t total_nb_pkts, uint64_t total_nb_bytes);

/** When to read the clock, without reading it for every packet */
struct netspeed {
	uint64_t ticks;		/**< what netspeed_tick() counted */
	uint64_t mask;		/**< above it, a changed bit means: look */
	__nsec read;		/**< when the clock was read last */
	__nsec interval;	/**< between two lines; 0 for none */
	__nsec printed;		/**< when the last line was printed */
};

/**
 * Start to measure
 *
 * @param s
 *    Measurement
 * @param interval
 *    Nanoseconds between two lines, 0 for no lines
 * @return
 *    The time of the clock
 */
__nsec netspeed_start(struct netspeed *s, __nsec interval);

/**
 * Count packets, or tries to send or receive one
 *
 * @return
 *    Whether it is time for netspeed_read()
 */
static inline int netspeed_tick(struct netspeed *s, uint64_t count)
{
	const uint64_t before = s->ticks;

	s->ticks += count;
	return (before ^ s->ticks) > s->mask;
}

/**
 * Read the clock, and print a line when one is due
 *
 * The mask is adapted so that the clock is read about every ten milliseconds,
 * but not more than once in 1024 counts.
 *
 * @param s
 *    Measurement
 * @param total_nb_pkts
 *    Packets since the program began
 * @param total_nb_bytes
 *    Bytes since the program began
 * @return
 *    The time of the clock
 */
__nsec netspeed_read(struct netspeed *s, uint64_t total_nb_pkts,
		     uint64_t total_nb_bytes);

#ifdef __cplusplus
}
#endif

#endif /* NETSPEED_H */
