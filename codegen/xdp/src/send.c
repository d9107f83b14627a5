/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Send: a thread a core has the kernel run the program on frames of its own,
 * which it recycles; the first thread watches them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <uk/essentials.h>
#include "event.h"
#include "linux.h"
#include "loader.h"
#include "netdef.h"
#include "netspeed.h"
#include "object.h"

#ifndef BPF_F_TEST_XDP_LIVE_FRAMES
#define BPF_F_TEST_XDP_LIVE_FRAMES	(1U << 1)
#endif

/* Frames that the kernel makes and hands on together */
#define BATCH		64U

/* Runs that are asked for in one system call: it takes milliseconds to begin
 * and to end one, and a signal interrupts it
 */
#define RUNS_MAX	(1U << 30)
#define STOP_SIGNAL	SIGUSR1

/* From one look at the counters to the next, and from one signal to the next */
#define LOOK_NSEC	2000000ULL
#define STOP_NSEC	200000ULL

/* What a pause held up is made up for as far as this */
#define CREDIT_MAX_PSEC	10000000000ULL
#define CREDIT_PACKETS	32U

/* How long an interface may take to count what it was given */
#define COUNT_NSEC	1000000000ULL

/* A core that sends */
struct core {
	struct xdp_object object;
	const struct loader *loader;
	const uint8_t *frame;		/* that it patches, of length bytes */
	uint16_t length;
	unsigned int cpu;
	pthread_t thread;
	int rc;				/* how the thread ended */
};

static uint64_t load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static void store(uint64_t *counter, uint64_t value)
{
	__atomic_store_n(counter, value, __ATOMIC_RELAXED);
}

/* ----------------------------------------------------------------- a core */

static void pin(unsigned int cpu)
{
	cpu_set_t only;

	CPU_ZERO(&only);
	CPU_SET(cpu, &only);
	sched_setaffinity(0, sizeof(only), &only);
}

/* The signal has done its work when the system call has returned */
static void note_stop(int number)
{
	(void)number;
}

static void *run_core(void *argument)
{
	struct core *core = argument;
	struct xdp_state *state = core->object.state;
	const int program = object_program(&core->object, "xdp_send");
	struct xdp_md context = { .data_end = core->length };
	struct bpf_test_run_opts opts = {
		.sz = sizeof(opts),
		.data_in = core->frame,
		.data_size_in = core->length,
		.ctx_in = &context,
		.ctx_size_in = sizeof(context),
		.flags = BPF_F_TEST_XDP_LIVE_FRAMES,
		.batch_size = BATCH,
	};
	uint64_t made, count;
	int rc;

	pin(core->cpu);
	for (;;) {
		made = load(&state->made);
		count = load(&state->count);
		if (made >= count)
			return NULL;
		/* At a rate, most runs find that no packet is due */
		opts.repeat = (int)(state->gap || count - made > RUNS_MAX
					? RUNS_MAX : count - made);
		rc = bpf_prog_test_run_opts(program, &opts);
		if (rc == -EINTR || rc == -EAGAIN)
			rc = 0;
		if (!rc && state->failed)
			rc = -EIO;
		if (rc) {
			__atomic_store_n(&core->rc, rc, __ATOMIC_RELAXED);
			return NULL;
		}
	}
}

/* Packets of a core, of all those that are to be sent; it has every nth */
static uint64_t share(uint64_t count, unsigned int core, unsigned int cores)
{
	if (!count)
		return UINT64_MAX;
	return count / cores + (core < count % cores);
}

static void set_sweep(struct xdp_state *state, uint16_t length,
		      unsigned int first)
{
#if PACKET_IS_SWEPT
#if PACKET_SWEEPS_LENGTH
	length = packet_sweep_length(first);
#endif
	packet_sweep_init(&state->sweep, length, &state->args);
	state->sweep.n = first;
#else
	(void)state;
	(void)length;
	(void)first;
#endif
}

static int set_core(struct core *core, unsigned int index,
		    const struct packet_args *args)
{
	static const struct xdp_wanted wanted = {
		.programs = { "xdp_send" },
		.maps = { "xdp_to_write" },
	};
	const struct loader *loader = core->loader;
	const struct options *opt = &loader->opt;
	struct xdp_state *state;
	uint64_t gap;
	int rc;

	rc = object_load(&core->object, loader->object, &wanted);
	if (rc)
		return rc;
	state = core->object.state;
	state->step = loader->cores;
	state->interface = loader->interface.index;
	state->count = share(opt->count, index, loader->cores);
	state->args = *args;
	set_sweep(state, core->length, index);
	gap = opt->rate_ps * loader->cores;
	state->gap = gap;
	/* The cores take turns */
	state->due = opt->rate_ps * index;
	state->credit = gap * CREDIT_PACKETS > CREDIT_MAX_PSEC ?
			gap * CREDIT_PACKETS : CREDIT_MAX_PSEC;
	return 0;
}

/* ------------------------------------------------------------- all of them */

struct crew {
	const struct loader *loader;
	struct core *cores;
	struct netspeed speed;
	uint64_t start;
	struct interface_counts before;	/* what the interface had sent */
	struct interface_counts now;
	uint64_t made;			/* at the last look */
	uint64_t taken_at;		/* when the interface took a packet */
};

static uint64_t made_by(const struct crew *crew)
{
	uint64_t made = 0;
	unsigned int i;

	for (i = 0; i < crew->loader->cores; i++)
		made += load(&crew->cores[i].object.state->made);
	return made;
}

/* Bytes of the frames that were made */
static uint64_t bytes_by(const struct crew *crew)
{
#if PACKET_SWEEPS_LENGTH
	uint64_t bytes = 0;
	unsigned int i;

	for (i = 0; i < crew->loader->cores; i++)
		bytes += load(&crew->cores[i].object.state->sweep.bytes);
	return bytes;
#else
	return made_by(crew) * crew->loader->opt.length;
#endif
}

static void stop(struct crew *crew)
{
	unsigned int i;

	for (i = 0; i < crew->loader->cores; i++)
		store(&crew->cores[i].object.state->count, 0);
}

static int is_running(const struct crew *crew)
{
	const struct xdp_state *state;
	unsigned int i;
	int running = 0;

	/* One that failed ends the others */
	for (i = 0; i < crew->loader->cores; i++) {
		state = crew->cores[i].object.state;
		if (__atomic_load_n(&crew->cores[i].rc, __ATOMIC_RELAXED))
			return 0;
		running |= load(&state->made) < load(&state->count);
	}
	return running;
}

static uint64_t taken(const struct crew *crew)
{
	return crew->now.sent - crew->before.sent +
	       crew->now.dropped - crew->before.dropped;
}

static int report_stall(const struct crew *crew)
{
	event_error("stalled", "interface %s took %" PRIu64 " packets of %"
		    PRIu64 ", and then no more: it is down, or its driver does "
		    "not send what XDP programs redirect; a veth does where "
		    "its peer has an XDP program, or after ethtool -K PEER gro "
		    "on", crew->loader->interface.name, taken(crew),
		    crew->made);
	return -ETIMEDOUT;
}

/* Does the interface still take packets, where there are any? */
static int check_interface(struct crew *crew, uint64_t now)
{
	const uint64_t before = taken(crew), made = crew->made;
	const uint64_t stall = crew->loader->opt.stall;

	crew->made = made_by(crew);
	if (interface_count(&crew->loader->interface, &crew->now)) {
		event_error("device", "interface %s went away while it was in "
			    "use", crew->loader->interface.name);
		return -ENODEV;
	}
	if (taken(crew) != before || crew->made == made)
		crew->taken_at = now;
	return stall && now - crew->taken_at >= stall ? report_stall(crew) : 0;
}

static int watch(struct crew *crew)
{
	const uint64_t limit = crew->loader->opt.duration;
	uint64_t now, pkts;
	int rc = 0;

	while (!rc && is_running(crew) && !loader_signal) {
		loader_pause(LOOK_NSEC);
		pkts = made_by(crew);
		now = netspeed_read(&crew->speed, pkts, bytes_by(crew) +
				    pkts * ETHER_WIRE_OVERHEAD);
		if (limit && now - crew->start >= limit)
			break;
		rc = check_interface(crew, now);
	}
	return rc;
}

/* A driver may count late what it sent; one that counts nothing sent nothing */
static int check_taken(struct crew *crew)
{
	const uint64_t start = ukplat_monotonic_clock();

	crew->made = made_by(crew);
	while (!interface_count(&crew->loader->interface, &crew->now) &&
	       taken(crew) < crew->made &&
	       ukplat_monotonic_clock() - start < COUNT_NSEC)
		loader_pause(LOOK_NSEC);
	return crew->made && !taken(crew) ? report_stall(crew) : 0;
}

/* Wait for a thread that is to stop; it may be about to ask for more runs */
static void join_core(const struct core *core)
{
	while (pthread_tryjoin_np(core->thread, NULL)) {
		pthread_kill(core->thread, STOP_SIGNAL);
		loader_pause(STOP_NSEC);
	}
}

static int join(struct crew *crew)
{
	const struct core *core;
	int rc = 0;
	unsigned int i;

	for (i = 0; i < crew->loader->cores; i++) {
		core = &crew->cores[i];
		join_core(core);
		if (!core->rc || rc)
			continue;
		rc = core->rc;
		event_error("refused", "the kernel does not send frames of %u "
			    "bytes: %s%s", (unsigned int)core->length,
			    strerror(-rc),
			    rc == -EINVAL ? "; a page of memory has to have "
					    "room for one, and for what the "
					    "kernel keeps about it" : "");
	}
	return rc;
}

static int start(struct crew *crew)
{
	const struct loader *loader = crew->loader;
	const struct sigaction action = { .sa_handler = note_stop };
	cpu_set_t allowed;
	unsigned int i, cpu = 0;

	sigaction(STOP_SIGNAL, &action, NULL);
	/* There are enough: see main.c */
	sched_getaffinity(0, sizeof(allowed), &allowed);
	interface_count(&loader->interface, &crew->before);
	crew->now = crew->before;
	crew->start = netspeed_start(&crew->speed, loader->opt.interval);
	crew->taken_at = crew->start;
	for (i = 0; i < loader->cores; i++) {
		while (!CPU_ISSET(cpu, &allowed))
			cpu++;
		crew->cores[i].cpu = cpu++;
		crew->cores[i].object.state->start = crew->start;
	}
	for (i = 0; i < loader->cores; i++) {
		if (!pthread_create(&crew->cores[i].thread, NULL, run_core,
				    &crew->cores[i]))
			continue;
		event_error("memory", "no thread can be started");
		stop(crew);
		while (i--)
			join_core(&crew->cores[i]);
		return -ENOMEM;
	}
	return 0;
}

/* What the interface counted as dropped, or has not counted as sent, failed */
static void count(const struct crew *crew, struct traffic *seen)
{
	const uint64_t made = made_by(crew), bytes = bytes_by(crew);
	const uint64_t sent = crew->now.sent - crew->before.sent;
	const uint64_t dropped = crew->now.dropped - crew->before.dropped;

	seen->sent = MIN(made - MIN(made, dropped), sent);
	seen->failed = made - seen->sent;
	seen->sent_bytes = made ? bytes / made * seen->sent +
				  bytes % made * seen->sent / made : 0;
}

static int send_with(struct crew *crew, struct traffic *seen)
{
	int rc, failed;

	rc = start(crew);
	if (rc)
		return rc;
	event_started(mode_names[MODE_TX]);
	rc = watch(crew);
	stop(crew);
	seen->elapsed = ukplat_monotonic_clock() - crew->start;
	event_ended();
	failed = join(crew);
	if (!rc)
		rc = failed;
	if (!rc)
		rc = check_taken(crew);
	count(crew, seen);
	return rc;
}

int send_run(const struct loader *loader, struct traffic *seen)
{
	struct crew crew = { .loader = loader };
	static uint8_t frame[PACKET_MAX_LEN];
	/* That of all frames, or the longest, from which the others are cut */
	const uint16_t length = loader->opt.length;
	unsigned int i;
	int rc = 0;

	packet_write(frame, length, &loader->opt.packet);
	crew.cores = calloc(loader->cores, sizeof(*crew.cores));
	if (!crew.cores)
		return -ENOMEM;
	for (i = 0; i < loader->cores && !rc; i++) {
		crew.cores[i] = (struct core){
			.loader = loader,
			.frame = frame,
			.length = length,
		};
		rc = set_core(&crew.cores[i], i, &loader->opt.packet);
	}
	if (!rc)
		rc = send_with(&crew, seen);
	while (i--)
		object_close(&crew.cores[i].object);
	free(crew.cores);
	return rc;
}
