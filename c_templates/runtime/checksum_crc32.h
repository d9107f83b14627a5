/* SPDX-License-Identifier: BSD-3-Clause */
/* CRC-32 of IEEE 802.3 clause 3.2.9. */
#ifndef CHECKSUM_CRC32_H
#define CHECKSUM_CRC32_H

#include "crc32.h"

/** Over len bytes; those from field on are the CRC itself, and count as zero */
static inline uint32_t csum_crc32(const uint8_t *p, size_t len, size_t field)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
		0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};

	return crc32_reflected(table, p, len, field);
}

#endif /* CHECKSUM_CRC32_H */
