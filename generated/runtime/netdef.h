/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses as Unikraft's applications pass them; bytes that Ethernet adds. */
#ifndef NETDEF_H
#define NETDEF_H

#include <stdint.h>
#include "bytes.h"

/** A MAC address, first transmitted byte first */
struct ether_addr {
	uint8_t addr_bytes[6];
} __attribute__((packed));

/** An IPv6 address, first transmitted byte first */
struct ipv6_addr {
	uint8_t addr_bytes[16];
};

/**
 * Bytes that Ethernet adds to each frame on the wire: frame check sequence
 * (4), preamble with start delimiter (8), inter-packet gap (12)
 */
#define ETHER_WIRE_OVERHEAD	24U

/** Bytes of a frame that no MTU counts: two addresses and a type */
#define ETHER_HDR_LEN		14U

#endif /* NETDEF_H */
