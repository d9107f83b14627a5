/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The programs that the kernel runs on each frame. The packet layer is included
 * as it was emitted; around it are the bounds that the kernel's verifier asks
 * for. The build names the packet: see codegen/xdp/build.py.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "bytes.h"

/*
 * A number of 16 bits that neither compiler nor verifier relate to another one.
 * Else the compiler does some comparisons with a number that was computed from
 * it, of which the verifier infers nothing; and the verifier goes through what
 * follows a loop for every length at which that may end.
 */
#define OPAQUE(number)							\
	({								\
		uint64_t opaque = (number);				\
									\
		__asm__ volatile("%0 &= 0xffff" : "+r"(opaque));	\
		opaque;							\
	})

/* A length within a frame, the bound of each loop; constants are known to be */
#define BOUNDED(len)							\
	(__builtin_constant_p(len) ? (uint64_t)(len)			\
				   : at_most(OPAQUE(len), PACKET_MAX_LEN))

/* Whether a byte is the checksum itself depends on the length as well */
#define csum_octet(p, i, field, size)	csum_octet(p, i, OPAQUE(field), size)

#include "csum.h"
#include "checksum_adler32.h"
#include "checksum_crc32.h"
#include "checksum_crc32c.h"
#include "checksum_fletcher16.h"

#define frame_fill(to, value, len)	frame_fill(to, value, BOUNDED(len))
#define csum_add(p, len)		csum_add(p, BOUNDED(len))
#define csum_crc32(p, len, field)	csum_crc32(p, BOUNDED(len), field)
#define csum_crc32c(p, len, field)	csum_crc32c(p, BOUNDED(len), field)
#define csum_adler32(p, len, field)	csum_adler32(p, BOUNDED(len), field)
#define csum_fletcher16(p, len, field)	csum_fletcher16(p, BOUNDED(len), field)

/* Otherwise the verifier would look at each function by itself, for any
 * arguments, and could not know how long a frame is.
 */
#pragma GCC visibility push(hidden)
#include PACKET_SOURCE
#pragma GCC visibility pop

#include "shared.h"

/* A byte more than the format has: a longer frame is as invalid as this one */
#define ROOM	(PACKET_MAX_LEN + 1U)

/*
 * Memory of a known size for a frame of any length. Around it there is room for
 * all that the verifier takes for possible where a frame is written: it does
 * not know that the length in a sweep is one of the format.
 */
struct xdp_room {
	uint8_t before[64];
	uint8_t frame[ROOM];
};

struct xdp_written {
	struct xdp_room room;
	uint8_t behind[UINT16_MAX + 64];
};

/* Every CPU receives; a program that sends or writes runs on one */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct xdp_room);
} xdp_rooms SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct xdp_written);
} xdp_to_write SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct xdp_counts);
} xdp_counters SEC(".maps");

struct xdp_state xdp_state;
const volatile struct xdp_fixed xdp_fixed SEC(".rodata.fixed");

static uint8_t *room(void *map)
{
	const uint32_t first = 0;
	struct xdp_room *found = bpf_map_lookup_elem(map, &first);

	return found ? found->frame : NULL;
}

/* ---------------------------------------------------------------- sending */

/* At a rate: is the next packet due? What a long pause held up is not sent. */
static int is_due(struct xdp_state *state)
{
	uint64_t now;

	if (!state->gap)
		return 1;
	now = (bpf_ktime_get_ns() - state->start) * 1000;
	if (now < state->due)
		return 0;
	if (now - state->due > state->credit)
		state->due = now - state->credit;
	state->due += state->gap;
	return 1;
}

#if PACKET_IS_SWEPT
/* Go on to this core's next packet: the others have the numbers between */
static void advance(struct packet_sweep *sweep, uint64_t step)
{
	packet_sweep_next(sweep);
	if (step == 1)
		return;
	sweep->n += step - 1;
#if PACKET_SWEEPS_LENGTH
	sweep->pktlen = packet_sweep_length(sweep->n);
#endif
}

#if PACKET_SWEEP_HAS_LOOPS
/*
 * Where what is written depends on the length, the verifier does not see that
 * it is inside of the frame: it is written into memory of a known size.
 */
static int patch(struct xdp_md *ctx, struct xdp_state *state)
{
	struct packet_sweep sweep = state->sweep;
	const uint64_t length = OPAQUE(bpf_xdp_get_buff_len(ctx));
	uint8_t *frame = room(&xdp_to_write);

	if (!frame || length < PACKET_MIN_LEN || length > PACKET_MAX_LEN)
		return -1;
	sweep.pktlen = (uint16_t)length;
	if (bpf_xdp_load_bytes(ctx, 0, frame, (uint32_t)length))
		return -1;
	packet_sweep_write(frame, &sweep);
	return bpf_xdp_store_bytes(ctx, 0, frame, (uint32_t)length) ? -1 : 0;
}
#else
static int patch(struct xdp_md *ctx, struct xdp_state *state)
{
	uint8_t *const frame = (uint8_t *)(long)ctx->data;
	const uint8_t *const end = (const uint8_t *)(long)ctx->data_end;

	if (frame + PACKET_MIN_LEN > end)
		return -1;
	packet_sweep_write(frame, &state->sweep);
	return 0;
}
#endif

/* Make the frame that is there the next one of the sweep */
static int make_next(struct xdp_md *ctx, struct xdp_state *state)
{
#if PACKET_IS_TIMED
	state->sweep.now = bpf_ktime_get_ns();
#endif
#if PACKET_SWEEPS_LENGTH
	const long more = (long)state->sweep.pktlen -
			  (long)bpf_xdp_get_buff_len(ctx);

	if (more && bpf_xdp_adjust_tail(ctx, (int)more))
		return -1;
#endif
	if (patch(ctx, state))
		return -1;
	advance(&state->sweep, state->step);
	return 0;
}
#else
static int make_next(struct xdp_md *ctx, struct xdp_state *state)
{
	(void)ctx;
	(void)state;
	return 0;
}
#endif

/* Runs on a frame that the kernel recycles: only what is swept is written */
SEC("xdp")
int xdp_send(struct xdp_md *ctx)
{
	struct xdp_state *state = &xdp_state;

	if (state->made >= state->count || !is_due(state))
		return XDP_DROP;
	if (make_next(ctx, state)) {
		state->failed++;
		return XDP_ABORTED;
	}
	state->made++;
	return (int)bpf_redirect(state->interface, 0);
}

/* -------------------------------------------------------------- receiving */

/* Count a frame, and return its verdict; "other" where none is asked for */
static int note(struct xdp_counts *counts, const uint8_t *frame, uint16_t len)
{
	enum frame_verdict verdict;
	enum frame_result result = FRAME_VALID;
	struct packet_fields fields;

	counts->bytes += packet_length(frame, len);
	if (!xdp_state.match)
		return VERDICT_OTHER;
	verdict = packet_match(frame, len, &xdp_state.args);
	if (verdict != VERDICT_VALID)
		result = packet_parse(frame, len, &fields);
	if (verdict < FRAME_VERDICTS)
		counts->verdicts[verdict]++;
	if (result < XDP_RESULTS)
		counts->results[result]++;
	return verdict;
}

static void keep_first(struct xdp_md *ctx, struct xdp_counts *counts,
		       uint32_t verdict, uint32_t len)
{
	uint64_t shown;

	if (verdict == VERDICT_VALID || verdict >= FRAME_VERDICTS ||
	    counts->first_length[verdict])
		return;
	counts->first_length[verdict] = len;
	shown = at_most(OPAQUE(len), XDP_SHOWN_MAX);
	if (shown)
		bpf_xdp_load_bytes(ctx, 0, counts->first[verdict],
				   (uint32_t)shown);
}

/* A frame of any length is copied to memory of a known size */
static int note_copy(struct xdp_md *ctx, struct xdp_counts *counts,
		     uint32_t len)
{
	const uint64_t copied = at_most(OPAQUE(len), ROOM);
	uint8_t *frame = room(&xdp_rooms);

	if (!frame || !copied ||
	    bpf_xdp_load_bytes(ctx, 0, frame, (uint32_t)copied))
		return VERDICT_OTHER;
	counts->bytes += len - copied;
	return note(counts, frame, (uint16_t)copied);
}

/*
 * A frame of the length that most have is parsed where it is, if nothing in it
 * has its place from its end.
 */
static int note_frame(struct xdp_md *ctx, struct xdp_counts *counts,
		      uint32_t len)
{
#if !PACKET_HAS_TRAILER
	const uint8_t *const frame = (const uint8_t *)(long)ctx->data;
	const uint8_t *const end = (const uint8_t *)(long)ctx->data_end;
	const uint32_t length = xdp_fixed.length;

	if (len == length && length >= PACKET_MIN_LEN &&
	    length <= PACKET_MAX_LEN && frame + length <= end)
		return note(counts, frame, (uint16_t)length);
#endif
	return note_copy(ctx, counts, len);
}

SEC("xdp")
int xdp_receive(struct xdp_md *ctx)
{
	const uint32_t len = (uint32_t)bpf_xdp_get_buff_len(ctx);
	const uint32_t first = 0;
	struct xdp_counts *counts = bpf_map_lookup_elem(&xdp_counters, &first);
	int verdict = VERDICT_OTHER;

	if (!counts)
		return XDP_ABORTED;
	counts->received++;
	if (len <= UINT16_MAX) {
		verdict = note_frame(ctx, counts, len);
	} else {
		/* Segments that the kernel has joined were no such frame */
		counts->bytes += len;
		counts->verdicts[VERDICT_OTHER] += xdp_state.match;
	}
	keep_first(ctx, counts, (uint32_t)verdict, len);

	if (xdp_state.take == XDP_TAKE_NONE ||
	    (xdp_state.take == XDP_TAKE_MATCHING && verdict == VERDICT_OTHER))
		return XDP_PASS;
	return XDP_DROP;
}

/* ------------------------------------------------------------- comparison */

/* Write a whole frame over the one that is there, which is as long */
SEC("xdp")
int xdp_write(struct xdp_md *ctx)
{
	const uint64_t length = OPAQUE(xdp_state.length);
	uint8_t *frame = room(&xdp_to_write);

	if (!frame || length < PACKET_MIN_LEN || length > PACKET_MAX_LEN)
		return XDP_ABORTED;
	packet_write(frame, (uint16_t)length, &xdp_state.args);
#if PACKET_IS_SWEPT
	packet_sweep_init(&xdp_state.sweep, (uint16_t)length, &xdp_state.args);
#endif
	if (bpf_xdp_store_bytes(ctx, 0, frame, (uint32_t)length))
		return XDP_ABORTED;
	return XDP_PASS;
}

/* Parse a frame, and compare it with the format and with the arguments */
SEC("xdp")
int xdp_parse(struct xdp_md *ctx)
{
	const uint64_t len = at_most(OPAQUE(bpf_xdp_get_buff_len(ctx)), ROOM);
	uint8_t *frame = room(&xdp_rooms);
	struct packet_fields fields;

	if (!frame || !len || bpf_xdp_load_bytes(ctx, 0, frame, (uint32_t)len))
		return XDP_ABORTED;
	xdp_state.result = packet_parse(frame, (uint16_t)len, &fields);
	xdp_state.verdict = packet_match(frame, (uint16_t)len, &xdp_state.args);
	return XDP_PASS;
}

/* None of the functions that are called here is for programs under GPL only */
char xdp_license[] SEC("license") = "BSD";
