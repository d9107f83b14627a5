/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The compiled programs, loaded into the kernel, and the memory that they share
 * with this process. Nothing is pinned: all is gone when the process has ended.
 */
#ifndef XDP_OBJECT_H
#define XDP_OBJECT_H

#include <stdint.h>
#include "packet.h"
#include "shared.h"

struct bpf_object;

struct xdp_object {
	struct bpf_object *bpf;
	struct xdp_state *state;
};

/** What is loaded of the compiled programs; NULL ends each list */
struct xdp_wanted {
	const char *programs[5];
	const char *maps[4];		/**< that these programs use */
	uint32_t length;		/**< bytes of most frames */
};

/**
 * Load programs
 *
 * @param object
 *    Is filled
 * @param path
 *    File that clang made
 * @param wanted
 *    What is loaded
 * @return
 *    0, or a negative error code after a message
 */
int object_load(struct xdp_object *object, const char *path,
		const struct xdp_wanted *wanted);

/** File descriptor of a loaded program */
int object_program(const struct xdp_object *object, const char *name);

/** File descriptor of a map, or a negative error code */
int object_map(const struct xdp_object *object, const char *name);

void object_close(struct xdp_object *object);

/**
 * Run a program once on a frame, which stays in this process
 *
 * @param program
 *    File descriptor
 * @param in
 *    Frame
 * @param in_length
 *    Its bytes
 * @param out
 *    Is filled with the frame as the program leaves it
 * @param out_length
 *    Room there; is set to the bytes of the frame
 * @param action
 *    Is set to what the program returned
 * @return
 *    0 or a negative error code
 */
int object_run(int program, const uint8_t *in, uint32_t in_length,
	       uint8_t *out, uint32_t *out_length, uint32_t *action);

#endif /* XDP_OBJECT_H */
