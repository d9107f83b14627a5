/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames written to a capture file, in the format that tcpdump introduced
 * and everybody reads: draft-ietf-opsawg-pcap, with nanoseconds.
 *
 * Nothing is opened before the device starts, by when an application has
 * checked all that it was asked for. The frames are written to a temporary
 * file, which gets the name at the end. An older file of that name is not
 * replaced by one without frames, nor by one that could not be written to
 * its end.
 *
 * The file is readable at any moment, also when the process is killed or
 * the disk is full: only whole records are written, and what a failing
 * write leaves of the next one is cut off again.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uk/essentials.h>
#include <uk/plat/time.h>
#include <uk/print.h>

#include "backend.h"
#include "outfile.h"

#define PCAP_MAGIC_NSEC		UINT32_C(0xa1b23c4d)
#define PCAP_VERSION_MAJOR	2
#define PCAP_VERSION_MINOR	4
#define PCAP_SNAPLEN		65535

/* Large enough that system calls do not show, small enough to stay cached. */
#define BUFFER_LEN		(256 * 1024)

struct file_header {
	uint32_t magic;
	uint16_t version_major;
	uint16_t version_minor;
	int32_t reserved[2];
	uint32_t snaplen;
	uint32_t linktype;
};

struct record_header {
	uint32_t seconds;
	uint32_t nanoseconds;
	uint32_t captured_len;
	uint32_t original_len;
};

struct pcap {
	char *path;
	bool started;		/* the file is open */
	struct outfile file;
	int failed;		/* negative error code, reported already */
	off_t written;		/* bytes in the file, all whole records */
	uint64_t records;	/* as many as these bytes hold */
	size_t used;		/* bytes in the buffer, all whole records */
	unsigned char buffer[BUFFER_LEN];
};

static const char *advice(int err)
{
	switch (err) {
	case ENOSPC:
	case EDQUOT:
		return "free some space, send fewer packets, or choose a file on another disk";
	case EFBIG:
		return "raise the limit on file sizes (ulimit -f), or send fewer packets";
	case EACCES:
	case EPERM:
	case EROFS:
		return "choose a file that you may write to, in a folder that you may write to";
	case ENOENT:
	case ENOTDIR:
		return "create the directory first, or choose a file in one that exists";
	case EISDIR:
		return "name a file, not a directory";
	default:
		return "choose another file";
	}
}

static void tell(const char *what, const char *path, int err)
{
	uk_pr_err("cannot %s the capture file '%s': %s; %s\n",
		  what, path, strerror(err), advice(err));
}

/* Whole records among the first `len` bytes of the buffer. */
static size_t whole_records(const struct pcap *pcap, size_t len,
			    uint64_t *records)
{
	struct record_header header;
	size_t end = 0;
	size_t next;

	for (*records = 0; end + sizeof(header) <= len; ++*records) {
		memcpy(&header, pcap->buffer + end, sizeof(header));
		next = end + sizeof(header) + header.captured_len;
		if (next > len)
			break;
		end = next;
	}
	return end;
}

static ssize_t write_all(int fd, const unsigned char *bytes, size_t len)
{
	size_t done = 0;
	ssize_t rc;

	while (done < len) {
		rc = write(fd, bytes + done, len - done);
		if (rc < 0 && errno != EINTR)
			break;
		if (rc > 0)
			done += (size_t)rc;
	}
	return (ssize_t)done;
}

static int pcap_flush(void *state)
{
	struct pcap *pcap = state;
	uint64_t records;
	size_t done;
	int err;

	if (pcap->failed)
		return pcap->failed;

	done = (size_t)write_all(pcap->file.fd, pcap->buffer, pcap->used);
	err = errno;

	/* Where a pipe broke off cannot be mended, and need not be. */
	if (done < pcap->used) {
		done = whole_records(pcap, done, &records);
		if (ftruncate(pcap->file.fd, pcap->written + (off_t)done))
			uk_pr_debug("%s cannot be truncated\n", pcap->path);
		pcap->failed = -err;
		tell("write to", pcap->path, err);
	} else {
		whole_records(pcap, done, &records);
	}

	pcap->written += (off_t)done;
	pcap->records += records;
	pcap->used = 0;
	if (pcap->failed && pcap->file.replaces)
		uk_pr_err("'%s' stays as it was, without the %" PRIu64 " frames before that\n",
			  pcap->path, pcap->records);
	else if (pcap->failed)
		uk_pr_err("'%s' keeps the %" PRIu64 " frames before that\n",
			  pcap->path, pcap->records);
	return pcap->failed;
}

static int pcap_open(const char *spec, void **state)
{
	struct pcap *pcap;

	if (!spec || !*spec) {
		uk_pr_err("device=pcap needs a file: device=pcap:FILE\n");
		return -EINVAL;
	}

	pcap = calloc(1, sizeof(*pcap));
	if (pcap)
		pcap->path = strdup(spec);
	if (!pcap || !pcap->path) {
		free(pcap);
		uk_pr_err("device=pcap: no memory\n");
		return -ENOMEM;
	}
	*state = pcap;
	return 0;
}

static int pcap_start(void *state)
{
	const struct file_header header = {
		.magic = PCAP_MAGIC_NSEC,
		.version_major = PCAP_VERSION_MAJOR,
		.version_minor = PCAP_VERSION_MINOR,
		.snaplen = PCAP_SNAPLEN,
		.linktype = host_linktype,
	};
	struct pcap *pcap = state;
	int rc;

	rc = outfile_open(&pcap->file, pcap->path);
	if (rc) {
		/* A signal, while a FIFO waited for its reader. */
		if (rc != -EINTR)
			tell("create", pcap->path, -rc);
		return rc;
	}

	/* Not buffered: a full disk is better known before than after. */
	if (write_all(pcap->file.fd, (const unsigned char *)&header,
		      sizeof(header)) != sizeof(header)) {
		rc = -errno;
		tell("write to", pcap->path, -rc);
		outfile_close(&pcap->file, false);
		return rc;
	}
	pcap->written = sizeof(header);
	pcap->started = true;
	return 0;
}

static int pcap_xmit(void *state, const struct host_frame frames[],
		     unsigned int count)
{
	/* They were handed over at once: one reading of the clock is true. */
	const __nsec now = ukplat_wall_clock();
	struct pcap *pcap = state;
	struct record_header header = {
		.seconds = (uint32_t)(now / 1000000000),
		.nanoseconds = (uint32_t)(now % 1000000000),
	};
	unsigned int i;
	int rc;

	if (pcap->failed)
		return pcap->failed;

	for (i = 0; i < count; i++) {
		header.original_len = (uint32_t)frames[i].len;
		header.captured_len = MIN(header.original_len, PCAP_SNAPLEN);

		if (pcap->used + sizeof(header) + header.captured_len
		    > BUFFER_LEN) {
			rc = pcap_flush(pcap);
			if (rc)
				return rc;
		}
		memcpy(pcap->buffer + pcap->used, &header, sizeof(header));
		pcap->used += sizeof(header);
		memcpy(pcap->buffer + pcap->used, frames[i].data,
		       header.captured_len);
		pcap->used += header.captured_len;
	}
	return (int)count;
}

/* Frames that were sent, all of them, or the first file of that name. */
static bool is_worth_its_name(const struct pcap *pcap)
{
	return !pcap->file.replaces || (!pcap->failed && pcap->records);
}

static int pcap_close(void *state)
{
	struct pcap *pcap = state;
	int rc = 0;
	int err;

	if (pcap->started) {
		rc = pcap_flush(pcap);
		if (!rc && !is_worth_its_name(pcap))
			uk_pr_warn("no frame was sent: '%s' stays as it was\n",
				   pcap->path);
		err = outfile_close(&pcap->file, is_worth_its_name(pcap));
		if (!rc)
			rc = err;
	}
	free(pcap->path);
	free(pcap);
	return rc;
}

const struct host_backend host_backend_pcap = {
	.name = "pcap",
	.usage = "pcap:FILE",
	.summary = "write every frame to a capture file",
	.open = pcap_open,
	.start = pcap_start,
	.xmit = pcap_xmit,
	.flush = pcap_flush,
	.close = pcap_close,
};
