/* SPDX-License-Identifier: BSD-3-Clause */
/* CRC32c of RFC 3720 section 12.1. */
#ifndef CHECKSUM_CRC32C_H
#define CHECKSUM_CRC32C_H

#include "crc32.h"

/** Over len bytes; those from field on are the CRC itself, and count as zero */
static inline uint32_t csum_crc32c(const uint8_t *p, size_t len, size_t field)
{
	static const uint32_t table[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
		0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
		0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};

	return crc32_reflected(table, p, len, field);
}

#endif /* CHECKSUM_CRC32C_H */
