/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Linux network interfaces, as far as the backends that use one have the
 * same questions: is it there, is it up, has it a link, whose address is it,
 * and what to tell people when one of these changes.
 */
#ifndef HOST_IFACE_H
#define HOST_IFACE_H

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

struct host_iface {
	const char *usage;	/* how the device is written, for messages */
	char name[IFNAMSIZ];
	int index;
	int fd;			/* for ioctl() alone */
	unsigned int idle;	/* attempts in a row that moved nothing */
};

/**
 * Takes an interface's name out of a device= value; whether there is one of
 * that name is not asked yet.
 * @param len
 *   of the name, which need not end there
 * @return
 *   0, or a negative error code, after reporting the reason: -EINVAL if
 *   nothing can have that name
 */
int host_iface_open(struct host_iface *iface, const char *usage,
		    const char *name, size_t len);

void host_iface_close(struct host_iface *iface);

/**
 * Finds the interface.
 * @return
 *   0, or a negative error code, after reporting the reason
 */
int host_iface_find(struct host_iface *iface);

/**
 * Waits for a link, which takes a moment after an interface was brought up.
 * @return
 *   0, or a negative error code, after reporting the reason
 */
int host_iface_wait(struct host_iface *iface);

/** Brings the interface up; 0, or a negative error code, reported already. */
int host_iface_up(struct host_iface *iface);

/** The interface's address; -ENODATA if it has none that can be sent from. */
int host_iface_hwaddr(const struct host_iface *iface, uint8_t mac[6]);

/** The interface's MTU; 0 if it cannot be found out. */
unsigned int host_iface_mtu(const struct host_iface *iface);

/**
 * Notes whether an attempt to send moved anything, and looks after the
 * interface when many in a row did not: a full queue and a pulled cable
 * look alike to the sender.
 * @return
 *   0, or a negative error code, after reporting the reason
 */
int host_iface_moved(struct host_iface *iface, int moved);

/**
 * Reports that something failed, and what to do about it.
 * @param what
 *   completes "cannot ..."
 * @return
 *   the negative error code to fail with, never -EINVAL
 */
int host_iface_failed(const struct host_iface *iface, const char *what,
		      int err);

#endif /* HOST_IFACE_H */
