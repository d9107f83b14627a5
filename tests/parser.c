/* Parse the frames of a file, each in memory of exactly its size, and print the
 * number of each result: the sanitizers see a look behind a frame.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <uk/netbuf.h>
#include "genpkt.h"

/* Nothing is generated here */
struct uk_netbuf *uk_netbuf_alloc_buf(struct uk_alloc *a __unused,
				      size_t buflen __unused,
				      size_t bufalign __unused,
				      uint16_t headroom __unused,
				      size_t privlen __unused,
				      uk_netbuf_dtor_t dtor __unused)
{
	return NULL;
}

int main(int argc, char *argv[])
{
	struct ARGS args;
	uint8_t size[2];
	uint8_t *frame;
	uint16_t len;
	FILE *file;

	file = argc == 2 ? fopen(argv[1], "rb") : NULL;
	if (!file)
		return 1;
	while (fread(size, sizeof(size), 1, file) == 1) {
		len = get_be16(size);
		frame = malloc(len ? len : 1);
		if (!frame || fread(frame, 1, len, file) != len)
			return 1;
		printf("%d\n", (int)PARSE(frame, len, &args));
		free(frame);
	}
	fclose(file);
	return 0;
}
