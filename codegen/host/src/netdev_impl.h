/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the parts of the platform know about devices and applications do
 * not.
 */
#ifndef HOST_NETDEV_IMPL_H
#define HOST_NETDEV_IMPL_H

#include <signal.h>
#include <stdio.h>

#include <host/host.h>

/* What a device can be set to; jumbo frames have this */
#define HOST_MTU_MAX	9000U

/**
 * Sets one setting from text.
 * @return
 *   0, -ENOENT if there is no such setting, or -EINVAL if the value is
 *   wrong, after reporting what is allowed
 */
int host_netdev_settings_parse(struct host_netdev_settings *settings,
			       const char *key, const char *value);

/** 0, or -EINVAL after reporting what is wrong. */
int host_netdev_settings_check(const struct host_netdev_settings *settings);

/** Prints a line for each setting: key, default, meaning. */
void host_netdev_settings_help(FILE *out);

/**
 * Called whenever a device dealt with its backend, with 0 or the negative
 * error code that the backend failed with. The program ends here, which a
 * library must not do.
 */
extern void (*host_netdev_hook)(int failure);

/**
 * The signal that asked the program to end, or 0. From then on a device that
 * runs is reported as one that does not run any more, so that an application
 * which looks at the state ends by itself, with its report.
 */
extern volatile sig_atomic_t host_netdev_stop;

#endif /* HOST_NETDEV_IMPL_H */
