/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames written to a capture file, in the format that tcpdump introduced
 * and everybody reads: draft-ietf-opsawg-pcap, with nanoseconds.
 *
 * The file is readable at any moment, also when the process is killed or
 * the disk is full: only whole records are written, and what a failing
 * write leaves of the next one is cut off again.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uk/essentials.h>
#include <uk/plat/time.h>
#include <uk/print.h>

#include "backend.h"

#define PCAP_MAGIC_NSEC		UINT32_C(0xa1b23c4d)
#define PCAP_VERSION_MAJOR	2
#define PCAP_VERSION_MINOR	4
#define PCAP_SNAPLEN		65535
#define LINKTYPE_ETHERNET	1

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
	int fd;
	int failed;		/* negative error code, told already */
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
		return "choose a file that you may write to";
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

	done = (size_t)write_all(pcap->fd, pcap->buffer, pcap->used);
	err = errno;

	/* Where a pipe broke off cannot be mended, and need not be. */
	if (done < pcap->used) {
		done = whole_records(pcap, done, &records);
		if (ftruncate(pcap->fd, pcap->written + (off_t)done))
			uk_pr_debug("%s cannot be truncated\n", pcap->path);
		pcap->failed = -err;
		tell("write to", pcap->path, err);
	} else {
		whole_records(pcap, done, &records);
	}

	pcap->written += (off_t)done;
	pcap->records += records;
	pcap->used = 0;
	if (pcap->failed)
		uk_pr_err("'%s' keeps the %" PRIu64 " frames before that\n",
			  pcap->path, pcap->records);
	return pcap->failed;
}

static int pcap_open(const char *spec, void **state)
{
	const struct file_header header = {
		.magic = PCAP_MAGIC_NSEC,
		.version_major = PCAP_VERSION_MAJOR,
		.version_minor = PCAP_VERSION_MINOR,
		.snaplen = PCAP_SNAPLEN,
		.linktype = LINKTYPE_ETHERNET,
	};
	struct pcap *pcap;
	int err;

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

	pcap->fd = open(spec, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (pcap->fd < 0) {
		err = errno;
		tell("create", spec, err);
		goto err_free;
	}

	/* Not buffered: a full disk is better known before than after. */
	if (write_all(pcap->fd, (const unsigned char *)&header,
		      sizeof(header)) != sizeof(header)) {
		err = errno;
		tell("write to", spec, err);
		close(pcap->fd);
		goto err_free;
	}
	pcap->written = sizeof(header);
	*state = pcap;
	return 0;

err_free:
	free(pcap->path);
	free(pcap);
	/* A wrong file is no wrong spelling. */
	return err == EINVAL ? -EIO : -err;
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

static int pcap_close(void *state)
{
	struct pcap *pcap = state;
	int rc = pcap_flush(pcap);

	/* Network file systems tell only now that a write had failed. */
	if (close(pcap->fd) && !rc) {
		rc = -errno;
		tell("write to", pcap->path, errno);
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
	.xmit = pcap_xmit,
	.flush = pcap_flush,
	.close = pcap_close,
};
