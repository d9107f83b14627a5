/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "event.h"
#include "interface.h"

/* Lines of a file in /proc are shorter */
#define LINE_MAX	512

static int ask(int fd, unsigned long request, const char *name,
	       struct ifreq *answer)
{
	*answer = (struct ifreq){ 0 };
	strncpy(answer->ifr_name, name, IFNAMSIZ - 1);
	return ioctl(fd, request, answer) ? -errno : 0;
}

static int look_at(struct interface *interface, int fd)
{
	struct ifreq answer;

	if (ask(fd, SIOCGIFFLAGS, interface->name, &answer))
		return -errno;
	if (!(answer.ifr_flags & IFF_UP)) {
		event_error("device", "interface %s is down; ip link set %s up",
			    interface->name, interface->name);
		return -ENETDOWN;
	}
	if (ask(fd, SIOCGIFHWADDR, interface->name, &answer))
		return -errno;
	if (answer.ifr_hwaddr.sa_family != ARPHRD_ETHER) {
		event_error("device", "interface %s is not Ethernet",
			    interface->name);
		return -EINVAL;
	}
	memcpy(interface->address, answer.ifr_hwaddr.sa_data,
	       sizeof(interface->address));
	if (ask(fd, SIOCGIFMTU, interface->name, &answer))
		return -errno;
	interface->mtu = (uint32_t)answer.ifr_mtu;
	return 0;
}

int interface_find(struct interface *interface, const char *name)
{
	int fd, rc;

	*interface = (struct interface){ .name = name };
	interface->index = if_nametoindex(name);
	if (!interface->index) {
		event_error("misuse", "there is no interface '%s'; 'ip link' "
			    "lists them", name);
		return -ENODEV;
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	rc = look_at(interface, fd);
	close(fd);
	return rc;
}

int interface_count(const struct interface *interface,
		    struct interface_counts *counts)
{
	const size_t len = strlen(interface->name);
	char line[LINE_MAX];
	const char *at;
	int rc = -ENODEV;
	FILE *file;

	/* Not from /sys, which may be that of another network namespace */
	file = fopen("/proc/self/net/dev", "re");
	if (!file)
		return -errno;
	while (rc && fgets(line, sizeof(line), file)) {
		at = line + strspn(line, " ");
		if (strncmp(at, interface->name, len) || at[len] != ':')
			continue;
		/* Eight counters of what was received, then of what was sent:
		 * bytes, packets, errors, drops
		 */
		if (sscanf(at + len + 1, "%*u %*u %*u %*u %*u %*u %*u %*u "
			   "%*u %" SCNu64 " %*u %" SCNu64, &counts->sent,
			   &counts->dropped) == 2)
			rc = 0;
	}
	fclose(file);
	return rc;
}
