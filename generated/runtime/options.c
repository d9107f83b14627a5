/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>
#include <uk/essentials.h>
#include "args.h"
#include "event.h"
#include "netdef.h"
#include "options.h"

#define NSEC_PER_SEC	1000000000ULL
#define SECONDS_MAX	1000000000ULL

/* A sender that sends nothing has failed; a receiver may wait for long */
#define STALL_BY_MODE	UINT64_MAX
#define STALL_TX	(5 * NSEC_PER_SEC)

/* What the build configuration may choose otherwise */
#ifndef CONFIG_APPPKTGEN_MODE
#define CONFIG_APPPKTGEN_MODE MODE_TX
#endif

const char *const mode_names[MODE_BOTH + 1] = {
	[0] = "",
	[MODE_TX] = "tx",
	[MODE_RX] = "rx",
	[MODE_BOTH] = "both",
};

static int read_mode(const struct arg *arg, const char *text, void *member)
{
	unsigned int mode;

	for (mode = MODE_TX; mode <= MODE_BOTH; mode++) {
		if (strcmp(text, mode_names[mode]) == 0) {
			args_store(member, arg->size, mode);
			return 0;
		}
	}
	return -EINVAL;
}

static const struct arg_kind arg_mode = {
	.takes = "tx, rx or both",
	.read = read_mode,
};

static int read_switch(const struct arg *arg, const char *text, void *member)
{
	const int is_on = strcmp(text, "on") == 0;

	if (!is_on && strcmp(text, "off") != 0)
		return -EINVAL;
	args_store(member, arg->size, (uint64_t)is_on);
	return 0;
}

static const struct arg_kind arg_switch = {
	.takes = "on or off",
	.read = read_switch,
};

/* Seconds with up to nine decimals, as nanoseconds */
static int read_seconds(const struct arg *arg, const char *text, void *member)
{
	uint64_t seconds, fraction = 0, scale = NSEC_PER_SEC;
	const char *point;

	if (args_digits(&text, 10, 10, &seconds) || seconds > arg->max)
		return -EINVAL;
	if (*text == '.') {
		point = ++text;
		if (args_digits(&text, 10, 9, &fraction))
			return -EINVAL;
		for (; point < text; point++)
			scale /= 10;
	}
	if (*text)
		return -EINVAL;
	args_store(member, arg->size,
		   seconds * NSEC_PER_SEC + fraction * scale);
	return 0;
}

static const struct arg_kind arg_seconds = {
	.takes = "seconds, such as 0.5",
	.read = read_seconds,
};

static const struct arg arguments[] = {
	ARG(options, count, "count", arg_uint, 0, UINT64_MAX,
	    "packets to send or receive; 0: no limit"),
	ARG(options, duration, "duration", arg_seconds, 0, SECONDS_MAX,
	    "how long to run; 0: no limit"),
	ARG(options, idle, "idle", arg_seconds, 0, SECONDS_MAX,
	    "stop when packets came in and then none for so long; 0: never"),
	ARG(options, interval, "interval", arg_seconds, 0, SECONDS_MAX,
	    "between two lines of speed; 0: no lines"),
#if !PACKET_SWEEPS_LENGTH
	ARG(options, length, "length", arg_uint, PACKET_MIN_LEN, PACKET_MAX_LEN,
	    "bytes of a frame, without frame check sequence"),
#endif
	ARG(options, match, "match", arg_switch, 0, 0,
	    "compare received frames with the format"),
	ARG(options, mode, "mode", arg_mode, 0, 0,
	    "send, receive, or both"),
	ARG(options, rate, "rate", arg_rate, 0, 0, "of sending"),
	ARG(options, stall, "stall", arg_seconds, 0, SECONDS_MAX,
	    "fail when none is sent for so long, or received; 0: never"),
	{ .key = NULL },
};

static const struct options defaults = {
	.interval = 3 * NSEC_PER_SEC,
	.length = PACKET_LENGTH,
	.mode = CONFIG_APPPKTGEN_MODE,
	.packet = PACKET_DEFAULTS,
	.stall = STALL_BY_MODE,
};

/* Bits of a frame on the wire, on average */
static uint64_t wire_bits(const struct options *opt __unused)
{
#if PACKET_SWEEPS_LENGTH
	return PACKET_MEAN_BITS;
#else
	return 8ULL * (packet_frame_len(opt->length) + ETHER_WIRE_OVERHEAD);
#endif
}

int options_parse(struct options *opt, int argc, char *argv[])
{
	const struct args groups[] = {
		{ arguments, opt },
		{ packet_arguments, &opt->packet },
	};

	*opt = defaults;
	if (args_parse(groups, ARRAY_SIZE(groups), argc, argv))
		return -EINVAL;
	if ((opt->length - PACKET_MIN_LEN) % PACKET_LEN_STEP) {
		event_error("misuse",
			    "bad value in 'length=%u'; length takes: %u + %u*n",
			    (unsigned int)opt->length, PACKET_MIN_LEN,
			    PACKET_LEN_STEP);
		return -EINVAL;
	}
#ifdef PACKET_HAS_LENGTH
	if (!PACKET_HAS_LENGTH(opt->length)) {
		event_error("misuse",
			    "bad value in 'length=%u'; length takes: %s",
			    (unsigned int)opt->length, PACKET_LENGTHS);
		return -EINVAL;
	}
#endif
	if (opt->stall == STALL_BY_MODE)
		opt->stall = opt->mode & MODE_TX ? STALL_TX : 0;
	opt->rate_ps = rate_ps(&opt->rate, wire_bits(opt));
	return 0;
}
