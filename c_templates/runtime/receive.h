/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receiving: frames are counted, and compared with the packet if that was asked
 * for.
 */
#ifndef RECEIVE_H
#define RECEIVE_H

#include <stdint.h>
#include <uk/netdev.h>
#include "options.h"
#include "traffic.h"

/*
 * Take packets that have arrived, and return how many. The number is bounded,
 * because packets may arrive faster than they are taken.
 */
uint64_t receive(struct uk_netdev *dev, const struct options *opt,
		 struct traffic *seen, uint64_t most);

/* Take what is still on its way, until nothing has come for quiet nanoseconds,
 * but not for longer than most.
 */
void receive_late(struct uk_netdev *dev, const struct options *opt,
		  struct traffic *seen, __nsec quiet, __nsec most);

#endif /* RECEIVE_H */
