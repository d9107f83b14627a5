/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LOOP_H
#define LOOP_H

#include "sender.h"
#include "traffic.h"

/*
 * Send and receive as the options require, until they end it, or until it
 * cannot go on, which is an error.
 */
int loop_run(struct sender *tx, struct traffic *seen);

#endif /* LOOP_H */
