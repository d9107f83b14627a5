/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "args.h"
#include "event.h"

/* Room for what an argument takes */
#define TAKES_MAX	512

int args_digit(char c, unsigned int base)
{
	int value = -1;

	if (c >= '0' && c <= '9')
		value = c - '0';
	else if (c >= 'a' && c <= 'f')
		value = c - 'a' + 10;
	else if (c >= 'A' && c <= 'F')
		value = c - 'A' + 10;
	return value < (int)base ? value : -1;
}

/* strtoull() would also take signs and white space, and report nothing when
 * there is no digit.
 */
int args_digits(const char **text, unsigned int base, unsigned int max_digits,
		uint64_t *value)
{
	unsigned int n;
	int d;

	*value = 0;
	for (n = 0; n < max_digits; n++) {
		d = args_digit(**text, base);
		if (d < 0)
			break;
		if (*value > (UINT64_MAX - (uint64_t)d) / base)
			return -EINVAL;
		*value = *value * base + (uint64_t)d;
		(*text)++;
	}
	return n ? 0 : -EINVAL;
}

int args_number(const char *text, uint64_t *value)
{
	unsigned int base = 10;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	if (args_digits(&text, base, 20, value))
		return -EINVAL;
	return *text ? -EINVAL : 0;
}

int args_separated(const char *text, unsigned int base, char separator,
		   uint8_t *octets, size_t count)
{
	uint64_t octet;
	size_t i;

	for (i = 0; i < count; i++) {
		if (i && *text++ != separator)
			return -EINVAL;
		if (args_digits(&text, base, base == 16 ? 2 : 3, &octet) ||
		    octet > UINT8_MAX)
			return -EINVAL;
		octets[i] = (uint8_t)octet;
	}
	return *text ? -EINVAL : 0;
}

void args_store(void *member, size_t size, uint64_t value)
{
	switch (size) {
	case sizeof(uint8_t):
		*(uint8_t *)member = (uint8_t)value;
		break;
	case sizeof(uint16_t):
		*(uint16_t *)member = (uint16_t)value;
		break;
	case sizeof(uint32_t):
		*(uint32_t *)member = (uint32_t)value;
		break;
	default:
		*(uint64_t *)member = value;
		break;
	}
}

static int read_uint(const struct arg *arg, const char *text, void *member)
{
	uint64_t value;

	if (args_number(text, &value) || value < arg->min || value > arg->max)
		return -EINVAL;
	args_store(member, arg->size, value);
	return 0;
}

static int allowed_uint(const struct arg *arg, char *text, size_t size)
{
	return snprintf(text, size, ", %" PRIu64 " to %" PRIu64, arg->min,
			arg->max);
}

const struct arg_kind arg_uint = {
	.takes = "number",
	.read = read_uint,
	.allowed = allowed_uint,
};

/* What an argument takes, as far as there is room for it */
static const char *takes(const struct arg *arg, char *text, size_t size)
{
	const int n = snprintf(text, size, "%s", arg->kind->takes);

	if (arg->kind->allowed && n >= 0 && (size_t)n < size)
		arg->kind->allowed(arg, text + n, size - (size_t)n);
	return text;
}

static void print_known(const struct args groups[], size_t count)
{
	char text[TAKES_MAX];
	const struct arg *arg;
	size_t i;

	fprintf(stderr, "arguments are key=value, with these keys:\n");
	for (i = 0; i < count; i++) {
		for (arg = groups[i].table; arg->key; arg++) {
			fprintf(stderr, "  %-10s %s (%s)\n", arg->key,
				arg->summary, takes(arg, text, sizeof(text)));
		}
	}
}

static const struct arg *find(const struct arg *arg, const char *key,
			      size_t len)
{
	for (; arg->key; arg++) {
		if (strlen(arg->key) == len && memcmp(arg->key, key, len) == 0)
			return arg;
	}
	return NULL;
}

static int parse_one(const struct args groups[], size_t count,
		     const char *argument)
{
	const char *equals = strchr(argument, '=');
	char text[TAKES_MAX];
	const struct arg *arg = NULL;
	size_t i;

	for (i = 0; equals && i < count; i++) {
		arg = find(groups[i].table, argument,
			   (size_t)(equals - argument));
		if (arg)
			break;
	}
	if (!arg) {
		event_error("misuse", "unknown argument '%s'", argument);
		print_known(groups, count);
		return -EINVAL;
	}
	if (arg->kind->read(arg, equals + 1,
			    (char *)groups[i].values + arg->offset)) {
		event_error("misuse", "bad value in '%s'; %s takes: %s",
			    argument, arg->key,
			    takes(arg, text, sizeof(text)));
		return -EINVAL;
	}
	return 0;
}

int args_parse(const struct args groups[], size_t count, int argc,
	       char *argv[])
{
	int i;

	for (i = 1; i < argc; i++) {
		if (parse_one(groups, count, argv[i]))
			return -EINVAL;
	}
	return 0;
}
