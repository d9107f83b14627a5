/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A microcontroller without a libc that makes readings, and reads them as they
 * might arrive: as they are, cut off, with a bit flipped.
 */
#include "board.h"
#include "reading.h"

#define LENGTH	32U

/* At an odd address, as a frame in the middle of a buffer may be */
static uint8_t buffer[1 + LENGTH];
static uint8_t *const frame = buffer + 1;

static int show(uint16_t len, enum frame_result wanted)
{
	struct reading_fields fields;
	const enum frame_result result = reading_parse(frame, len, &fields);

	board_print(frame_result_name(result));
	board_print("\n");
	return result == wanted;
}

int main(void)
{
	const struct reading_args args = READING_ARGS;
	struct reading_sweep sweep;
	int right = 1, i;

	reading_write(frame, LENGTH, &args);
	reading_sweep_init(&sweep, LENGTH, &args);
	for (i = 0; i < 3; i++) {
		reading_sweep_write(frame, &sweep);
		reading_sweep_next(&sweep);
		right &= show(LENGTH, FRAME_VALID);
	}
	right &= show(READING_HDR_LEN - 1, FRAME_TRUNCATED);
	right &= show(LENGTH - 1, FRAME_LENGTH);
	frame[LENGTH - 1] ^= 0x80;
	right &= show(LENGTH, FRAME_CHECKSUM);
	return !right;
}
