/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events of the program, as one line of JSON each on standard output. Errors,
 * and what is waited for, are printed to standard error as well, for people.
 */
#ifndef EVENT_H
#define EVENT_H

#include <stdint.h>
#include <uk/essentials.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The device was configured; address is NULL where it has none */
void event_device(unsigned int count, const uint8_t address[6]);

/** The program begins to send or receive */
void event_started(const char *mode);

/** The program has sent or received what it should, or cannot */
void event_ended(void);

/** Nothing has come for so many seconds, of count packets (0: no limit) */
void event_waiting(uint64_t received, uint64_t count, unsigned int seconds);

/**
 * The program cannot go on
 *
 * @param kind
 *    - "misuse": an argument is not known, has a value that is none, or one
 *      that does not go with the device
 *    - "no-device": there is no network device
 *    - "device": the device does not start
 *    - "memory": there is not enough memory to start with
 *    - "strategy": the strategy's buffers do not go with the device
 *    - "exhausted": no buffer comes back any more
 *    - "refused": the device refuses packets
 *    - "stalled": no packet was sent, or received, for too long
 * @param format
 *    What printf() would print, without a newline at the end
 */
__printf(2, 3)
void event_error(const char *kind, const char *format, ...);

#ifdef __cplusplus
}
#endif

#endif /* EVENT_H */
