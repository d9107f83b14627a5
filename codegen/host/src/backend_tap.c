/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A tap: an interface of this machine whose cable ends in this program. What
 * is sent here, the machine receives on that interface; put it into a bridge
 * and it goes where the bridge takes it. The way of virtual machines.
 *
 * The address of the interface is the machine's end of the cable and not
 * ours, so it is not taken over.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <uk/essentials.h>
#include <uk/print.h>

#include "backend.h"
#include "iface.h"
#include "linux.h"

#define USAGE		"tap:NAME"
#define TUN		"/dev/net/tun"

/* Takes what is longer than a buffer, so that its length is known. */
#define SPILL_LEN	65536

struct tap {
	struct host_iface iface;
	int fd;
	unsigned char spill[SPILL_LEN];
};

static int attach(struct tap *tap)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int err;

	tap->fd = open(TUN, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tap->fd < 0) {
		err = errno;
		uk_pr_err("cannot open " TUN ": %s; %s\n", strerror(err),
			  err == EACCES || err == EPERM
			  ? "run it as root, or have root permit it: chmod 666 " TUN
			  : "load the kernel's tun module (modprobe tun), or give the container that device");
		return -err;
	}

	memcpy(request.ifr_name, tap->iface.name, sizeof(tap->iface.name));
	if (!ioctl(tap->fd, TUNSETIFF, &request))
		return 0;
	err = errno;
	if (err == EINVAL) {
		uk_pr_err("interface '%s' is no tap, or one with several queues; choose another name\n",
			  tap->iface.name);
		return -ENOTSUP;
	}
	return host_iface_failed(&tap->iface, "attach to tap", err);
}

static int tap_open(const char *spec, void **state)
{
	struct ifreq request;
	struct tap *tap;
	int rc;

	tap = calloc(1, sizeof(*tap));
	if (!tap) {
		uk_pr_err("device=" USAGE ": no memory\n");
		return -ENOMEM;
	}
	tap->fd = -1;
	rc = host_iface_open(&tap->iface, USAGE, spec, spec ? strlen(spec) : 0);
	if (!rc)
		rc = attach(tap);
	if (!rc)
		rc = host_iface_find(&tap->iface);
	if (!rc)
		rc = host_iface_up(&tap->iface);
	if (!rc)
		rc = host_iface_wait(&tap->iface);
	if (rc) {
		if (tap->fd >= 0)
			close(tap->fd);
		host_iface_close(&tap->iface);
		free(tap);
		return rc;
	}

	/*
	 * A bridge opens its port for an interface that has a link, and drops
	 * what comes before. It does so with the lock held under which the
	 * link was announced: whoever gets that lock, as this call does, comes
	 * after it.
	 */
	memset(&request, 0, sizeof(request));
	if (ioctl(tap->fd, TUNGETIFF, &request))
		uk_pr_debug("%s: TUNGETIFF failed\n", tap->iface.name);
	*state = tap;
	return 0;
}

static unsigned int tap_mtu(void *state)
{
	struct tap *tap = state;

	return host_iface_mtu(&tap->iface);
}

static int tap_xmit(void *state, const struct host_frame frames[],
		    unsigned int count)
{
	struct tap *tap = state;
	unsigned int i;
	int rc;

	for (i = 0; i < count; i++) {
		if (likely(write(tap->fd, frames[i].data, frames[i].len) >= 0))
			continue;
		if (errno != EAGAIN && errno != ENOBUFS && errno != EINTR)
			return host_iface_failed(&tap->iface, "send to",
						 errno);
		break;
	}
	rc = host_iface_moved(&tap->iface, i > 0);
	return rc ? rc : (int)i;
}

static ssize_t tap_recv(void *state, void *buf, size_t room)
{
	struct tap *tap = state;
	const struct iovec parts[] = {
		{ .iov_base = buf, .iov_len = room },
		{ .iov_base = tap->spill, .iov_len = sizeof(tap->spill) },
	};
	ssize_t len;

	len = readv(tap->fd, parts, ARRAY_SIZE(parts));
	if (len >= 0)
		return len;
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	return host_iface_failed(&tap->iface, "receive from", errno);
}

static int tap_close(void *state)
{
	struct tap *tap = state;

	close(tap->fd);
	host_iface_close(&tap->iface);
	free(tap);
	return 0;
}

const struct host_backend host_backend_tap = {
	.name = "tap",
	.usage = USAGE,
	.summary = "send to and receive from a tap, made if there is none",
	.open = tap_open,
	.xmit = tap_xmit,
	.recv = tap_recv,
	.close = tap_close,
	.mtu = tap_mtu,
};
