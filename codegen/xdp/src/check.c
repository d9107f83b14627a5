/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Have the kernel write, patch and parse frames that stay in this process, for
 * whoever compares them with what they should be.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "event.h"
#include "linux.h"
#include "loader.h"
#include "object.h"

#define LINE_MAX_LEN	(1U << 18)
#define WORDS_MAX	256

/* PROG_RUN takes no shorter frame */
#define RUN_MIN		14U

#define DIGITS	"0123456789abcdef"

struct checker {
	struct xdp_object object;
	int write;
	int send;
	int parse;
	uint8_t frame[UINT16_MAX + 1];
};

static int set_up(struct checker *checker, const char *path)
{
	static const struct xdp_wanted wanted = {
		.programs = {
			"xdp_write", "xdp_send", "xdp_parse", "xdp_receive",
		},
		.maps = { "xdp_to_write", "xdp_rooms", "xdp_counters" },
		.length = PACKET_LENGTH,
	};
	int rc;

	rc = object_load(&checker->object, path, &wanted);
	if (rc)
		return rc;
	checker->write = object_program(&checker->object, "xdp_write");
	checker->send = object_program(&checker->object, "xdp_send");
	checker->parse = object_program(&checker->object, "xdp_parse");
	return 0;
}

static void answer_frame(const uint8_t *frame, uint32_t length)
{
	uint32_t i;

	for (i = 0; i < length; i++) {
		putchar(DIGITS[frame[i] >> 4]);
		putchar(DIGITS[frame[i] & 15]);
	}
	putchar('\n');
}

static int read_number(const char *text, uint64_t most, uint64_t *number)
{
	return args_number(text, number) || *number > most ? -EINVAL : 0;
}

/* Read a frame; its length or -EINVAL */
static int read_frame(const char *text, uint8_t *frame, uint32_t room)
{
	uint32_t length;
	int high, low;

	for (length = 0; *text; length++, text += 2) {
		high = args_digit(text[0], 16);
		low = high < 0 ? -1 : args_digit(text[1], 16);
		if (low < 0 || length == room)
			return -EINVAL;
		frame[length] = (uint8_t)(high << 4 | low);
	}
	return (int)length;
}

static int read_args(struct xdp_state *state, int argc, char *argv[])
{
	const struct packet_args initial = PACKET_DEFAULTS;
	const struct args groups[] = { { packet_arguments, &state->args } };

	state->args = initial;
	return args_parse(groups, 1, argc, argv);
}

/* Have the kernel write a frame of so many bytes, over one of zeros */
static int write_frame(struct checker *checker, uint32_t length)
{
	uint32_t action, room = sizeof(checker->frame);
	int rc;

	checker->object.state->length = length;
	memset(checker->frame, 0, length);
	rc = object_run(checker->write, checker->frame, length, checker->frame,
			&room, &action);
	if (!rc && (action != XDP_PASS || room != length))
		rc = -EIO;
	return rc;
}

static int answer_write(struct checker *checker, int argc, char *argv[])
{
	uint64_t length;
	int rc;

	if (argc < 1 || read_number(argv[0], UINT16_MAX, &length) ||
	    read_args(checker->object.state, argc, argv))
		return -EINVAL;
	rc = write_frame(checker, (uint32_t)length);
	if (!rc)
		answer_frame(checker->frame, (uint32_t)length);
	return rc;
}

/* Packet number n, patched into a frame as the sender's are */
static int answer_send(struct checker *checker, int argc, char *argv[])
{
	struct xdp_state *state = checker->object.state;
	uint32_t action, room = sizeof(checker->frame);
	uint64_t length, n, now = 0;
	int rc;

	if (argc < 2 || read_number(argv[0], UINT16_MAX, &length) ||
	    read_number(argv[1], UINT64_MAX, &n) ||
	    read_args(state, argc - 1, argv + 1))
		return -EINVAL;
	rc = write_frame(checker, (uint32_t)length);
	if (rc)
		return rc;
#if PACKET_IS_SWEPT
	state->sweep.n = n;
#if PACKET_SWEEPS_LENGTH
	state->sweep.pktlen = packet_sweep_length(n);
#endif
#endif
	state->made = 0;
	state->count = 1;
	state->step = 1;
	state->gap = 0;
	rc = object_run(checker->send, checker->frame, (uint32_t)length,
			checker->frame, &room, &action);
	if (!rc && action != XDP_REDIRECT)
		rc = -EIO;
#if PACKET_IS_TIMED
	now = state->sweep.now;
#endif
	if (rc)
		return rc;
	printf("%" PRIu64 " ", now);
	answer_frame(checker->frame, room);
	return 0;
}

static int answer_parse(struct checker *checker, int argc, char *argv[])
{
	struct xdp_state *state = checker->object.state;
	uint32_t action, room = sizeof(checker->frame);
	int length, rc;

	length = argc < 1 ? -EINVAL
			  : read_frame(argv[0], checker->frame, room);
	if (length < (int)RUN_MIN || read_args(state, argc, argv))
		return -EINVAL;
	rc = object_run(checker->parse, checker->frame, (uint32_t)length,
			checker->frame, &room, &action);
	if (!rc && action != XDP_PASS)
		rc = -EIO;
	if (!rc)
		printf("%s;%s\n",
		       frame_result_name((enum frame_result)state->result),
		       frame_verdict_name((enum frame_verdict)state->verdict));
	return rc;
}

static int answer(struct checker *checker, char *line)
{
	static const struct {
		const char *name;
		int (*answer)(struct checker *checker, int argc, char *argv[]);
	} requests[] = {
		{ "write", answer_write },
		{ "send", answer_send },
		{ "parse", answer_parse },
	};
	char *words[WORDS_MAX], *rest = NULL;
	size_t i;
	int count = 0;

	for (words[0] = strtok_r(line, " \n", &rest); words[count];
	     words[count] = strtok_r(NULL, " \n", &rest))
		if (++count == WORDS_MAX)
			return -E2BIG;
	for (i = 0; count && i < sizeof(requests) / sizeof(requests[0]); i++)
		if (strcmp(words[0], requests[i].name) == 0)
			return requests[i].answer(checker, count - 1,
						  words + 1);
	return -EINVAL;
}

int check_run(const char *path)
{
	static struct checker checker;
	static char line[LINE_MAX_LEN];
	int rc;

	rc = set_up(&checker, path);
	if (rc)
		return rc;
	event_started("check");
	while (!rc && fgets(line, sizeof(line), stdin)) {
		rc = answer(&checker, line);
		if (rc)
			event_error("refused", "the kernel does not do this: "
				    "%s", strerror(-rc));
		fflush(stdout);
	}
	object_close(&checker.object);
	return rc;
}
