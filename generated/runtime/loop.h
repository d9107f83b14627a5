/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LOOP_H
#define LOOP_H

#include "sender.h"
#include "traffic.h"

/*
 * Send and receive as the options want it, until they end it or there is no
 * point in going on, which is an error.
 */
int loop_run(struct sender *tx, struct traffic *seen);

#endif /* LOOP_H */
