/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the loader was asked to do, and its three ways of doing it.
 */
#ifndef XDP_LOADER_H
#define XDP_LOADER_H

#include <signal.h>
#include "interface.h"
#include "options.h"
#include "shared.h"
#include "traffic.h"

struct loader {
	const char *object;		/* file with the compiled programs */
	struct interface interface;
	unsigned int cores;		/* that send */
	uint32_t take;			/* enum xdp_take */
	struct options opt;
};

/** The signal that ends the run; 0: none has come */
extern volatile sig_atomic_t loader_signal;

/** Wait for so many nanoseconds, or until a signal comes */
void loader_pause(uint64_t nsec);

/** Send; 0, or a negative error code after a message */
int send_run(const struct loader *loader, struct traffic *seen);

/** Receive; 0, or a negative error code after a message */
int receive_run(const struct loader *loader, struct traffic *seen);

/**
 * Answer requests on standard input, a line each, until it ends
 *
 * "write LENGTH KEY=VALUE..." is answered with the frame that the kernel wrote,
 * "send LENGTH NUMBER KEY=VALUE..." with the time that the clock had, and the
 * packet with so many before it; "parse FRAME KEY=VALUE..." with result and
 * verdict. Frames are in hexadecimal digits.
 *
 * @param path
 *    File with the compiled programs
 * @return
 *    0, or a negative error code after a message
 */
int check_run(const char *path);

#endif /* XDP_LOADER_H */
