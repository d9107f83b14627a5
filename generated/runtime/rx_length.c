/* SPDX-License-Identifier: BSD-3-Clause */
#include <uk/config.h>
#include <uk/essentials.h>
#include "bytes.h"
#include "netdef.h"
#include "rx_length.h"

/* The driver is a library of this name since it counts too much */
#if CONFIG_LIBVIRTIO_NET
#define HEADER_LEGACY	10
#define HEADER_MODERN	12

#define ETHER_TYPE_AT	12U
#define ETHER_MIN	60U
#define LENGTH_MAX	1500	/* a larger number is a type */

/* The bytes that a frame declares to have, 0 when it does not */
static unsigned int declared_length(const uint8_t *frame, uint16_t len)
{
	unsigned int at = ETHER_TYPE_AT;
	uint16_t type;

	if (len < ETHER_MIN)
		return 0;
	type = get_be16(frame + at);
	while ((type == 0x8100 || type == 0x88a8) && at < ETHER_TYPE_AT + 8) {
		at += 4;
		type = get_be16(frame + at);
	}
	at += 2;
	if (type <= LENGTH_MAX)
		return at + type;
	if (type == 0x0800)	/* IPv4: total length */
		return at + get_be16(frame + at + 2);
	if (type == 0x86dd)	/* IPv6: payload length */
		return at + 40 + get_be16(frame + at + 4);
	return 0;
}

uint16_t rx_length(const uint8_t *frame, uint16_t len)
{
	/* QEMU's devices are legacy ones, unless that was switched off */
	static unsigned int excess = HEADER_LEGACY;
	const unsigned int declared = declared_length(frame, len);

	/* A shorter frame may be padded */
	if (declared >= ETHER_MIN &&
	    (len == declared || len == declared + HEADER_LEGACY ||
	     len == declared + HEADER_MODERN))
		excess = len - declared;
	return len > excess ? (uint16_t)(len - excess) : 0;
}
#else
uint16_t rx_length(const uint8_t *frame __unused, uint16_t len)
{
	return len;
}
#endif
