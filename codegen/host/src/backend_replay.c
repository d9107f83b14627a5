/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames received from a capture file, as fast as they are asked for. What
 * is sent is dropped.
 *
 * The format is that of draft-ietf-opsawg-pcap in all four forms that are
 * found: either byte order, with microseconds or nanoseconds.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uk/essentials.h>
#include <uk/print.h>

#include "backend.h"

#define MAGIC_USEC		UINT32_C(0xa1b2c3d4)
#define MAGIC_NSEC		UINT32_C(0xa1b23c4d)
#define MAGIC_PCAPNG		UINT32_C(0x0a0d0d0a)

/* The longest record that tcpdump and Wireshark read. */
#define FRAME_MAX		262144
#define BUFFER_LEN		(256 * 1024)

enum { FILE_HEADER_WORDS = 6, FILE_LINKTYPE = 5 };
enum { RECORD_WORDS = 4, RECORD_CAPTURED = 2, RECORD_ORIGINAL = 3 };

struct replay {
	FILE *file;
	char *path;
	bool swapped;
	bool ended;
	unsigned int check_len;	/* of the frame check sequence, if any */
	uint64_t records;
	unsigned char frame[FRAME_MAX];
};

static uint32_t word(const struct replay *replay, uint32_t value)
{
	return replay->swapped ? __builtin_bswap32(value) : value;
}

static int refuse(const struct replay *replay, const char *why)
{
	uk_pr_err("cannot receive from '%s': %s\n", replay->path, why);
	return -EIO;
}

static int read_header(struct replay *replay)
{
	uint32_t header[FILE_HEADER_WORDS] = { 0 };
	const size_t got = fread(header, 1, sizeof(header), replay->file);
	uint32_t linktype;

	if (ferror(replay->file))
		return refuse(replay, strerror(errno));
	if (header[0] == MAGIC_PCAPNG)
		return refuse(replay,
			      "it is a pcapng file; make a pcap file of it: editcap -F pcap OLD NEW");
	replay->swapped = header[0] == __builtin_bswap32(MAGIC_USEC)
			  || header[0] == __builtin_bswap32(MAGIC_NSEC);
	header[0] = word(replay, header[0]);
	if (got < sizeof(header)
	    || (header[0] != MAGIC_USEC && header[0] != MAGIC_NSEC))
		return refuse(replay, "it is no pcap file");

	/* The upper half says how long a frame check sequence is, if at all. */
	linktype = word(replay, header[FILE_LINKTYPE]);
	if ((linktype & UINT16_MAX) != host_linktype)
		return refuse(replay,
			      host_linktype == HOST_LINKTYPE_ETHERNET
			      ? "its frames are not Ethernet frames"
			      : "its frames are not of the format's link type");
	if (linktype & UINT32_C(1) << 26)
		replay->check_len = (linktype >> 28) * 2;
	return 0;
}

static int replay_open(const char *spec, void **state)
{
	struct replay *replay;
	int rc;

	if (!spec || !*spec) {
		uk_pr_err("device=replay needs a file: device=replay:FILE\n");
		return -EINVAL;
	}

	replay = calloc(1, sizeof(*replay));
	if (replay)
		replay->path = strdup(spec);
	if (!replay || !replay->path) {
		free(replay);
		uk_pr_err("device=replay: no memory\n");
		return -ENOMEM;
	}

	/* A directory can be opened, and fails when it is read. */
	replay->file = fopen(spec, "re");
	if (!replay->file) {
		rc = refuse(replay, strerror(errno));
	} else {
		setvbuf(replay->file, NULL, _IOFBF, BUFFER_LEN);
		rc = read_header(replay);
	}
	if (!rc) {
		*state = replay;
		return 0;
	}
	if (replay->file)
		fclose(replay->file);
	free(replay->path);
	free(replay);
	return rc;
}

static int replay_xmit(void *state __unused,
		       const struct host_frame frames[] __unused,
		       unsigned int count)
{
	return (int)count;
}

/* A capture that ends too early may still be being written: no error. */
static ssize_t finish(struct replay *replay, bool whole)
{
	replay->ended = true;
	if (ferror(replay->file))
		return refuse(replay, strerror(errno));
	if (!whole)
		uk_pr_warn("'%s' ends in the middle of a record, behind %" PRIu64 " frames\n",
			   replay->path, replay->records);
	return 0;
}

static ssize_t replay_recv(void *state, void *buf, size_t room)
{
	struct replay *replay = state;
	uint32_t record[RECORD_WORDS];
	size_t got, len;

	do {
		if (replay->ended)
			return 0;
		got = fread(record, 1, sizeof(record), replay->file);
		if (got < sizeof(record))
			return finish(replay, got == 0);

		len = word(replay, record[RECORD_CAPTURED]);
		if (len > FRAME_MAX) {
			replay->ended = true;
			return refuse(replay, "it is damaged");
		}
		if (fread(replay->frame, 1, len, replay->file) < len)
			return finish(replay, false);
		replay->records++;
		if (len < word(replay, record[RECORD_ORIGINAL]))
			uk_pr_warn_once("'%s' has frames that were cut short when they were captured\n",
					replay->path);
		else
			len -= MIN(len, replay->check_len);
	} while (!len);

	if (len <= room)
		memcpy(buf, replay->frame, len);
	return (ssize_t)len;
}

static int replay_close(void *state)
{
	struct replay *replay = state;

	fclose(replay->file);
	free(replay->path);
	free(replay);
	return 0;
}

const struct host_backend host_backend_replay = {
	.name = "replay",
	.usage = "replay:FILE",
	.summary = "receive the frames of a capture file",
	.open = replay_open,
	.xmit = replay_xmit,
	.recv = replay_recv,
	.close = replay_close,
};
