/* Read cases and print the sums of their bytes: the offset of the bytes in
 * memory that is aligned to 16, their number in two bytes, the bytes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "csum.h"

static union {
	uint8_t octets[16 + UINT16_MAX];
	uint64_t aligned[2];
} memory;

int main(void)
{
	uint8_t head[3], *octets, *exact;
	uint64_t sum;
	uint16_t len;

	while (fread(head, sizeof(head), 1, stdin) == 1) {
		octets = memory.octets + head[0];
		len = get_be16(head + 1);
		if (fread(octets, 1, len, stdin) != len)
			return 1;
		sum = csum_add(octets, len);
		/* Once more where a look behind the bytes ends the program */
		exact = (uint8_t *)malloc(len ? len : 1);
		if (!exact)
			return 2;
		memcpy(exact, octets, len);
		if (csum_add(exact, len) != sum)
			return 3;
		free(exact);
		printf("%" PRIu64 " %u\n", sum, (unsigned int)csum_fold(sum));
	}
	return 0;
}
