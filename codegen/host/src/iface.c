/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE
#include <errno.h>
#include <net/if_arp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <uk/print.h>

#include "iface.h"

/* The kernel reports links with up to a second's delay. */
#define LINK_WAIT_MSEC		3000
/* Between being taken down and being gone, when it is being deleted. */
#define GONE_WAIT_MSEC		300
#define POLL_MSEC		5

#define IDLE_MAX		1024U

#define ADDR_LEN		6

static void sleep_msec(long msec)
{
	const struct timespec pause = { .tv_nsec = msec * 1000000 };

	nanosleep(&pause, NULL);
}

static int ask(const struct host_iface *iface, unsigned long what,
	       struct ifreq *request)
{
	memset(request, 0, sizeof(*request));
	memcpy(request->ifr_name, iface->name, sizeof(iface->name));
	return ioctl(iface->fd, what, request) ? -errno : 0;
}

/* By number: another interface may have got the name since. */
static bool is_gone(const struct host_iface *iface)
{
	struct ifreq request = { .ifr_ifindex = iface->index };

	return ioctl(iface->fd, SIOCGIFNAME, &request) && errno == ENODEV;
}

static const char *advice(int err)
{
	switch (err) {
	case EPERM:
	case EACCES:
		return "run it as root, or in a namespace of your own: unshare -Urn";
	case EBUSY:
		return "another program uses it; end that one, or choose another";
	case ENODEV:
	case ENXIO:
	case ENOENT:
		return "'ip link' lists the interfaces that there are";
	case EMSGSIZE:
		return "the frame is longer than its MTU allows; send shorter ones, or raise the MTU";
	case EINVAL:
		return "it does not take a frame like this one";
	case ENOMEM:
	case ENOBUFS:
		return "give the machine more memory, or end other programs";
	case EAFNOSUPPORT:
	case EPROTONOSUPPORT:
	case EOPNOTSUPP:
	case ENOPROTOOPT:
		return "this kernel cannot do it; choose another device";
	default:
		return "'ip link' shows its state";
	}
}

static void tell_down(const struct host_iface *iface)
{
	uk_pr_err("interface '%s' is down; bring it up: ip link set %s up\n",
		  iface->name, iface->name);
}

static void tell_no_link(const struct host_iface *iface)
{
	uk_pr_err("interface '%s' has no link; bring up, or plug in, what is at its other end\n",
		  iface->name);
}

int host_iface_failed(const struct host_iface *iface, const char *what,
		      int err)
{
	int msec;

	switch (err) {
	/* What an interface says that is taken down, or away, in use. */
	case ENETDOWN:
	case ENODEV:
	case ENXIO:
	case EBADFD:
	case EIO:
		for (msec = 0; iface->index && msec < GONE_WAIT_MSEC;
		     msec += POLL_MSEC) {
			if (is_gone(iface)) {
				uk_pr_err("interface '%s' went away while it was in use (%s); make it again, and start again\n",
					  iface->name, strerror(err));
				return -ENODEV;
			}
			sleep_msec(POLL_MSEC);
		}
		if (iface->index && err != ENODEV && err != ENXIO) {
			tell_down(iface);
			return -ENETDOWN;
		}
		break;
	default:
		break;
	}
	uk_pr_err("cannot %s interface '%s': %s; %s\n", what, iface->name,
		  strerror(err), advice(err));
	return err == EINVAL ? -EIO : -err;
}

int host_iface_open(struct host_iface *iface, const char *usage,
		    const char *name, size_t len)
{
	*iface = (struct host_iface) { .usage = usage, .fd = -1 };

	if (!len || len >= IFNAMSIZ || memchr(name, '/', len)
	    || strcspn(name, " \t\n") < len) {
		uk_pr_err("device=%s takes the name of an interface, 1 to %d characters, not '%.*s'\n",
			  usage, IFNAMSIZ - 1, (int)len, len ? name : "");
		return -EINVAL;
	}
	memcpy(iface->name, name, len);

	/* Any kind of socket can be asked about interfaces. */
	iface->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (iface->fd < 0)
		return host_iface_failed(iface, "ask about", errno);
	return 0;
}

void host_iface_close(struct host_iface *iface)
{
	if (iface->fd >= 0)
		close(iface->fd);
}

int host_iface_find(struct host_iface *iface)
{
	struct ifreq request;
	int rc;

	rc = ask(iface, SIOCGIFINDEX, &request);
	if (rc == -ENODEV) {
		uk_pr_err("there is no interface '%s' here; 'ip link' lists those that there are\n",
			  iface->name);
		return rc;
	}
	if (rc)
		return host_iface_failed(iface, "find", -rc);
	iface->index = request.ifr_ifindex;

	rc = ask(iface, SIOCGIFHWADDR, &request);
	if (rc)
		return host_iface_failed(iface, "ask about", -rc);
	if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER
	    && request.ifr_hwaddr.sa_family != ARPHRD_LOOPBACK) {
		uk_pr_err("interface '%s' has no Ethernet frames; choose one that has\n",
			  iface->name);
		return -ENOTSUP;
	}
	return 0;
}

int host_iface_wait(struct host_iface *iface)
{
	struct ifreq request;
	int msec;
	int rc;

	for (msec = 0; msec < LINK_WAIT_MSEC; msec += POLL_MSEC) {
		rc = ask(iface, SIOCGIFFLAGS, &request);
		if (rc)
			return host_iface_failed(iface, "use", -rc);
		if (!(request.ifr_flags & IFF_UP)) {
			tell_down(iface);
			return -ENETDOWN;
		}
		if (request.ifr_flags & IFF_RUNNING)
			return 0;
		sleep_msec(POLL_MSEC);
	}
	tell_no_link(iface);
	return -ENOLINK;
}

int host_iface_up(struct host_iface *iface)
{
	struct ifreq request;
	int rc;

	rc = ask(iface, SIOCGIFFLAGS, &request);
	if (!rc && request.ifr_flags & IFF_UP)
		return 0;
	if (!rc) {
		request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
		rc = ioctl(iface->fd, SIOCSIFFLAGS, &request) ? -errno : 0;
	}
	return rc ? host_iface_failed(iface, "bring up", -rc) : 0;
}

int host_iface_hwaddr(const struct host_iface *iface, uint8_t mac[6])
{
	static const uint8_t none[ADDR_LEN];
	struct ifreq request;
	int rc;

	rc = ask(iface, SIOCGIFHWADDR, &request);
	if (rc)
		return rc;
	if (!memcmp(request.ifr_hwaddr.sa_data, none, ADDR_LEN))
		return -ENODATA;
	memcpy(mac, request.ifr_hwaddr.sa_data, ADDR_LEN);
	return 0;
}

unsigned int host_iface_mtu(const struct host_iface *iface)
{
	struct ifreq request;

	if (ask(iface, SIOCGIFMTU, &request) || request.ifr_mtu < 0)
		return 0;
	return (unsigned int)request.ifr_mtu;
}

int host_iface_moved(struct host_iface *iface, int moved)
{
	struct ifreq request;
	int rc;

	if (moved) {
		iface->idle = 0;
		return 0;
	}
	if (++iface->idle % IDLE_MAX)
		return 0;

	rc = ask(iface, SIOCGIFFLAGS, &request);
	if (rc)
		return host_iface_failed(iface, "use", -rc);
	if (!(request.ifr_flags & IFF_UP))
		return host_iface_failed(iface, "use", ENETDOWN);
	if (!(request.ifr_flags & IFF_RUNNING)) {
		tell_no_link(iface);
		return -ENOLINK;
	}
	return 0;
}
