/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the program was asked to do.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdint.h>
#include <uk/plat/time.h>
#include "packet.h"
#include "rate.h"

#ifdef __cplusplus
extern "C" {
#endif

enum mode {
	MODE_TX = 1,
	MODE_RX = 2,
	MODE_BOTH = MODE_TX | MODE_RX,
};

/** The names of the modes, by their number */
extern const char *const mode_names[MODE_BOTH + 1];

/** What the program was asked to do */
struct options {
	uint64_t count;		/**< packets to send or receive; 0: no limit */
	__nsec duration;	/**< how long to run; 0: no limit */
	__nsec idle;		/**< without a packet, to stop; 0: never */
	__nsec stall;		/**< without a packet, an error; 0: never */
	__nsec interval;	/**< between two lines of speed; 0: no lines */
	uint64_t rate_ps;	/**< picoseconds a packet; 0: no limit */
	uint16_t length;	/**< bytes of a frame */
	uint8_t mode;		/**< enum mode */
	uint8_t match;		/**< compare received frames with the format */
	struct rate rate;	/**< what rate_ps follows from */
	struct packet_args packet;
};

/**
 * Read key=value arguments
 *
 * @param opt
 *    Is filled: with the arguments, and the defaults of the others
 * @param argc
 *    Number of arguments, the program's name included
 * @param argv
 *    Arguments
 * @return
 *    0, or -EINVAL after a message that lists what there is
 */
int options_parse(struct options *opt, int argc, char *argv[]);

#ifdef __cplusplus
}
#endif

#endif /* OPTIONS_H */
