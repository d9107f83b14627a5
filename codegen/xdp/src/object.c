/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include "event.h"
#include "linux.h"
#include "object.h"

#define BSS	".bss"
#define FIXED	".rodata.fixed"

/* The line of the verifier's log that has its reason: the last one before its
 * statistics, and shortened where it is long
 */
static char reason[256];

static void note_reason(const char *log)
{
	const char *end = strstr(log, "\nprocessed ");
	const char *line;
	size_t len;

	if (!end)
		return;
	for (line = end; line > log && line[-1] != '\n'; line--)
		;
	len = (size_t)(end - line);
	if (len >= sizeof(reason))
		len = sizeof(reason) - 1;
	memcpy(reason, line, len);
	reason[len] = '\0';
}

/* Of what libbpf prints, which is meant for developers, the reason is kept */
static int keep_reason(enum libbpf_print_level level, const char *format,
		       va_list arguments)
{
	static char text[1 << 16];

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(text, sizeof(text), format, arguments);
	note_reason(text);
	return 0;
}

static int is_listed(const char *const names[], const char *name)
{
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return 1;
	return 0;
}

/* The kernel's log of a program that it refuses, as far as its end */
static char verifier_log[1 << 24];

/* Of the maps, only those that the programs use */
static int choose(struct bpf_object *bpf, const char *const programs[],
		  const char *const maps[])
{
	struct bpf_program *program;
	struct bpf_map *map;
	const char *name;
	int rc = 0;

	bpf_object__for_each_program(program, bpf) {
		name = bpf_program__name(program);
		bpf_program__set_autoload(program, is_listed(programs, name));
		bpf_program__set_log_buf(program, verifier_log,
					 sizeof(verifier_log));
	}
	bpf_object__for_each_map(map, bpf) {
		if (rc || bpf_map__is_internal(map))
			continue;
		name = bpf_map__name(map);
		rc = bpf_map__set_autocreate(map, is_listed(maps, name));
	}
	return rc;
}

static int open_object(struct xdp_object *object, const char *path,
		       const struct xdp_wanted *wanted)
{
	const struct xdp_fixed fixed = { .length = wanted->length };
	struct bpf_map *map;
	int rc;

	object->bpf = bpf_object__open_file(path, NULL);
	if (!object->bpf)
		return -errno;
	rc = choose(object->bpf, wanted->programs, wanted->maps);
	if (rc)
		return rc;
	map = bpf_object__find_map_by_name(object->bpf, FIXED);
	if (!map)
		return -ENOENT;
	return bpf_map__set_initial_value(map, &fixed, sizeof(fixed));
}

static int map_state(struct xdp_object *object)
{
	struct bpf_map *map;

	map = bpf_object__find_map_by_name(object->bpf, BSS);
	if (!map || bpf_map__value_size(map) < sizeof(struct xdp_state))
		return -EINVAL;
	object->state = mmap(NULL, bpf_map__value_size(map),
			     PROT_READ | PROT_WRITE, MAP_SHARED,
			     bpf_map__fd(map), 0);
	if (object->state == MAP_FAILED) {
		object->state = NULL;
		return -errno;
	}
	return 0;
}

static const char *explain(int rc)
{
	if (rc == -E2BIG)
		return "they have to fit into a CPU's own memory, which has "
		       "room for 32768 bytes";
	return strerror(-rc);
}

int object_load(struct xdp_object *object, const char *path,
		const struct xdp_wanted *wanted)
{
	int rc;

	*object = (struct xdp_object){ 0 };
	libbpf_set_print(keep_reason);
	verifier_log[0] = '\0';
	reason[0] = '\0';
	rc = open_object(object, path, wanted);
	if (!rc) {
		rc = bpf_object__load(object->bpf);
		note_reason(verifier_log);
	}
	if (!rc)
		rc = map_state(object);
	if (!rc)
		return 0;

	if (reason[0])
		event_error("device", "the kernel's verifier refuses "
			    PACKET_NAME " with frames up to %u bytes: %s",
			    (unsigned int)PACKET_MAX_LEN, reason);
	else
		event_error("device", "the kernel does not load " PACKET_NAME
			    " with frames up to %u bytes: %s",
			    (unsigned int)PACKET_MAX_LEN, explain(rc));
	object_close(object);
	return rc;
}

int object_program(const struct xdp_object *object, const char *name)
{
	return bpf_program__fd(
		bpf_object__find_program_by_name(object->bpf, name));
}

int object_map(const struct xdp_object *object, const char *name)
{
	return bpf_object__find_map_fd_by_name(object->bpf, name);
}

void object_close(struct xdp_object *object)
{
	bpf_object__close(object->bpf);
	object->bpf = NULL;
}

int object_run(int program, const uint8_t *in, uint32_t in_length,
	       uint8_t *out, uint32_t *out_length, uint32_t *action)
{
	struct bpf_test_run_opts opts = {
		.sz = sizeof(opts),
		.data_in = in,
		.data_size_in = in_length,
		.data_out = out,
		.data_size_out = *out_length,
		.repeat = 1,
	};
	const int rc = bpf_prog_test_run_opts(program, &opts);

	*out_length = opts.data_size_out;
	*action = opts.retval;
	return rc;
}
