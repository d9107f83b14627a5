/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive: a program on the interface parses and counts each frame in the
 * kernel; this process looks at the counters.
 */
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "event.h"
#include "linux.h"
#include "loader.h"
#include "netdef.h"
#include "netspeed.h"
#include "object.h"

/* From one look at the counters to the next; a rate is as exact as this */
#define LOOK_NSEC	1000000ULL

/* Looks from one look at the interface to the next */
#define LOOKS		128U

/* A receiver without a time limit reports a silence of this length */
#define SILENCE_NSEC	3000000000ULL

struct receiver {
	const struct loader *loader;
	struct xdp_object object;
	struct netspeed speed;
	int map;
	unsigned int cpus;
	struct xdp_counts *each;	/* what each CPU counted */
	struct xdp_counts sum;
	int is_shown[FRAME_VERDICTS];
	int is_silent;			/* as was reported */
	uint64_t start;
	uint64_t now;
	uint64_t received_at;
};

static int set_up(struct receiver *receiver)
{
	const struct loader *loader = receiver->loader;
	const struct xdp_wanted wanted = {
		.programs = { "xdp_receive" },
		.maps = { "xdp_rooms", "xdp_counters" },
		.length = loader->opt.length,
	};
	const int cpus = libbpf_num_possible_cpus();
	struct xdp_state *state;
	int rc;

	if (cpus < 0)
		return cpus;
	receiver->cpus = (unsigned int)cpus;
	receiver->each = calloc(receiver->cpus, sizeof(*receiver->each));
	if (!receiver->each)
		return -ENOMEM;
	rc = object_load(&receiver->object, loader->object, &wanted);
	if (rc)
		return rc;
	receiver->map = object_map(&receiver->object, "xdp_counters");
	state = receiver->object.state;
	state->args = loader->opt.packet;
	state->match = loader->opt.match || loader->take == XDP_TAKE_MATCHING;
	state->take = loader->take;
	return 0;
}

/* The kernel detaches the program when the file descriptor is closed, which it
 * is however this process ends.
 */
static int attach(const struct receiver *receiver)
{
	const struct interface *interface = &receiver->loader->interface;
	const int program = object_program(&receiver->object, "xdp_receive");
	const struct bpf_link_create_opts opts = { .sz = sizeof(opts) };
	int fd;

	fd = bpf_link_create(program, (int)interface->index, BPF_XDP, &opts);
	if (fd == -EBUSY || fd == -EEXIST)
		event_error("device", "interface %s has an XDP program "
			    "already; 'ip link set %s xdp off' removes one "
			    "that is attached without a link",
			    interface->name, interface->name);
	else if (fd < 0)
		event_error("device", "interface %s takes no XDP program: %s",
			    interface->name, strerror(-fd));
	return fd;
}

static void add(struct xdp_counts *sum, const struct xdp_counts *each)
{
	unsigned int i;

	sum->received += each->received;
	sum->bytes += each->bytes;
	for (i = 0; i < FRAME_VERDICTS; i++)
		sum->verdicts[i] += each->verdicts[i];
	for (i = 0; i < XDP_RESULTS; i++)
		sum->results[i] += each->results[i];
}

static void look(struct receiver *receiver)
{
	const uint64_t before = receiver->sum.received;
	const uint32_t first = 0;
	unsigned int i;

	if (bpf_map_lookup_elem(receiver->map, &first, receiver->each))
		return;
	memset(&receiver->sum, 0, sizeof(receiver->sum));
	for (i = 0; i < receiver->cpus; i++)
		add(&receiver->sum, &receiver->each[i]);
	receiver->now = netspeed_read(
		&receiver->speed, receiver->sum.received,
		receiver->sum.bytes +
		receiver->sum.received * ETHER_WIRE_OVERHEAD);
	if (receiver->sum.received != before)
		receiver->received_at = receiver->now;
}

static void show(enum frame_verdict verdict, const uint8_t *frame,
		 uint32_t length)
{
	uint32_t i;

	fprintf(stderr, "first %s frame, %u bytes:",
		frame_verdict_name(verdict), (unsigned int)length);
	for (i = 0; i < length && i < XDP_SHOWN_MAX; i++)
		fprintf(stderr, "%s%02x", i % 16 ? " " : "\n  ",
			(unsigned int)frame[i]);
	fprintf(stderr, "\n");
}

/* Show the first unexpected frame of each kind, of whichever CPU has one */
static void show_first(struct receiver *receiver)
{
	const struct xdp_counts *counts;
	enum frame_verdict verdict;
	unsigned int i;

	for (verdict = VERDICT_OTHER; verdict < FRAME_VERDICTS; verdict++) {
		for (i = 0; i < receiver->cpus; i++) {
			counts = &receiver->each[i];
			if (receiver->is_shown[verdict] ||
			    !counts->verdicts[verdict] ||
			    !counts->first_length[verdict])
				continue;
			receiver->is_shown[verdict] = 1;
			show(verdict, counts->first[verdict],
			     counts->first_length[verdict]);
		}
	}
}

static void note_time(const struct receiver *receiver, struct traffic *seen)
{
	if (!receiver->sum.received)
		return;
	if (!seen->first_received) {
		seen->first_received = receiver->sum.received;
		seen->first_received_bytes = receiver->sum.bytes;
		seen->first_at = receiver->now;
	}
	seen->last_at = receiver->received_at;
}

static void watch_silence(struct receiver *receiver)
{
	const struct options *opt = &receiver->loader->opt;

	if (receiver->is_silent || opt->duration || opt->stall ||
	    (opt->idle && receiver->sum.received) ||
	    receiver->now - receiver->received_at < SILENCE_NSEC)
		return;
	receiver->is_silent = 1;
	event_waiting(receiver->sum.received, opt->count,
		      (unsigned int)(SILENCE_NSEC / 1000000000ULL));
}

static int is_over(const struct receiver *receiver)
{
	const struct options *opt = &receiver->loader->opt;
	const uint64_t received = receiver->sum.received;

	return loader_signal || (opt->count && received >= opt->count) ||
	       (opt->duration &&
		receiver->now - receiver->start >= opt->duration) ||
	       (opt->idle && received &&
		receiver->now - receiver->received_at >= opt->idle);
}

/* What the result has no room for: reasons, and what each CPU counted */
static void report_counts(const struct receiver *receiver)
{
	const struct xdp_counts *counts;
	const char *comma = "";
	unsigned int i;

	printf("{\"event\":\"counted\",\"reasons\":{");
	for (i = FRAME_VALID + 1; i < XDP_RESULTS; i++) {
		printf("%s\"%s\":%" PRIu64, comma,
		       frame_result_name((enum frame_result)i),
		       receiver->sum.results[i]);
		comma = ",";
	}
	printf("},\"cpus\":{");
	comma = "";
	for (i = 0; i < receiver->cpus; i++) {
		counts = &receiver->each[i];
		if (!counts->received)
			continue;
		printf("%s\"%u\":{\"received\":%" PRIu64 ",\"valid\":%" PRIu64
		       ",\"other\":%" PRIu64 ",\"invalid\":%" PRIu64 "}",
		       comma, i, counts->received,
		       counts->verdicts[VERDICT_VALID],
		       counts->verdicts[VERDICT_OTHER],
		       counts->verdicts[VERDICT_INVALID]);
		comma = ",";
	}
	printf("}}\n");
}

static int check_stall(const struct receiver *receiver)
{
	const uint64_t stall = receiver->loader->opt.stall;
	const uint64_t silence = receiver->now - receiver->received_at;

	if (!stall || silence < stall)
		return 0;
	event_error("stalled", "no packet has come for %u s, after %" PRIu64
		    "; stall= sets this limit",
		    (unsigned int)(silence / 1000000000ULL),
		    receiver->sum.received);
	return -ETIMEDOUT;
}

static int check_interface(const struct receiver *receiver)
{
	const struct interface *interface = &receiver->loader->interface;

	if (if_nametoindex(interface->name) == interface->index)
		return 0;
	event_error("device", "interface %s went away while it was in use",
		    interface->name);
	return -ENODEV;
}

static int watch(struct receiver *receiver, struct traffic *seen)
{
	unsigned int looks = 0;
	int rc;

	receiver->start = netspeed_start(&receiver->speed,
					 receiver->loader->opt.interval);
	receiver->now = receiver->start;
	receiver->received_at = receiver->start;
	do {
		loader_pause(LOOK_NSEC);
		look(receiver);
		show_first(receiver);
		note_time(receiver, seen);
		watch_silence(receiver);
		rc = check_stall(receiver);
		if (!rc && looks++ % LOOKS == 0)
			rc = check_interface(receiver);
	} while (!rc && !is_over(receiver));
	return rc;
}

static void finish(struct receiver *receiver, struct traffic *seen)
{
	/* Without a program, no frame is counted any more */
	look(receiver);
	show_first(receiver);
	note_time(receiver, seen);
	report_counts(receiver);
	seen->elapsed = receiver->now - receiver->start;
	seen->received = receiver->sum.received;
	seen->received_bytes = receiver->sum.bytes;
	memcpy(seen->verdicts, receiver->sum.verdicts, sizeof(seen->verdicts));
}

int receive_run(const struct loader *loader, struct traffic *seen)
{
	struct receiver receiver = { .loader = loader };
	int rc, link;

	rc = set_up(&receiver);
	if (!rc) {
		link = attach(&receiver);
		if (link >= 0) {
			event_started(mode_names[MODE_RX]);
			rc = watch(&receiver, seen);
			event_ended();
			close(link);
			finish(&receiver, seen);
		} else {
			rc = link;
		}
		object_close(&receiver.object);
	}
	free(receiver.each);
	return rc;
}
