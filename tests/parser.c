/* Parse the frames of a file, each in memory of exactly its size, and print the
 * number of each result: the sanitizers see a look behind a frame.
 */
#include <stdio.h>
#include <stdlib.h>
#include FORMAT

int main(int argc, char *argv[])
{
	struct FIELDS fields;
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
		puts(frame_result_name(PARSE(frame, len, &fields)));
		free(frame);
	}
	fclose(file);
	return 0;
}
