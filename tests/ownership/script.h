/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A device and an allocator that follow a script.
 *
 * The program of an application is compiled as it is; only the calls by which
 * packets leave it pass through script.c. It is included behind this header, which
 * has included all headers that declare what is renamed here.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <uk/alloc.h>
#include <uk/allocpool.h>
#include <uk/netbuf.h>
#include <uk/netdev.h>

#include "netbuf.h"
#include "netspeed.h"
#include "options.h"

/* An emitted program, and what only its own file knows */
struct script_program {
	const char *name;
	int (*run)(int argc, char *argv[]);
	/* Of the ring that a netbuf belongs to: its ready ones, or (NULL) */
	struct uk_netbuf **(*ready)(struct uk_netbuf *pkt, unsigned int *count);
	struct script_program *next;
};

void script_register(struct script_program *program);

int script_tx_one(struct uk_netdev *dev, uint16_t queue_id,
		  struct uk_netbuf *pkt);
int script_rx_one(struct uk_netdev *dev, uint16_t queue_id,
		  struct uk_netbuf **pkt);
void script_free(struct uk_netbuf *pkt);
void *script_take(struct uk_allocpool *pool);
__nsec script_start(struct netspeed *s, __nsec interval);

#ifndef SCRIPT_C
#define uk_netdev_tx_one	script_tx_one
#define uk_netdev_rx_one	script_rx_one
#define uk_netbuf_free		script_free
#define uk_netbuf_free_single	script_free
#define uk_allocpool_take	script_take
#define netspeed_start		script_start

/* Stands behind the emitted source */
#define SCRIPT_PROGRAM(id, name_, ready_)				\
	__attribute__((constructor)) static void register_##id(void)	\
	{								\
		static struct script_program program = {		\
			.name = name_,					\
			.run = id,					\
			.ready = ready_,				\
		};							\
									\
		script_register(&program);				\
	}

#define SCRIPT_RING							\
	static struct uk_netbuf **ring_ready(struct uk_netbuf *pkt,	\
					     unsigned int *count)	\
	{								\
		struct buffers *b = pkt->priv;				\
									\
		*count = b->nb_ready;					\
		return b->ready;					\
	}
#endif

#endif /* SCRIPT_H */
