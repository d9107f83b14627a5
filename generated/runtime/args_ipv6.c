/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arguments that take an IPv6 address.
 */
#include <errno.h>
#include <string.h>
#include <uk/essentials.h>
#include "args.h"
#include "netdef.h"

#define NB_OCTETS	16U

/* What was read of an address so far */
struct partial {
	uint8_t *octets;
	size_t len;
	size_t gap;		/* where "::" stands; SIZE_MAX: nowhere */
};

/* Put zeros into the gap */
static int close_gap(const struct partial *found)
{
	const size_t missing = NB_OCTETS - found->len;

	if (found->gap == SIZE_MAX)
		return missing ? -EINVAL : 0;
	if (missing == 0)
		return -EINVAL;
	memmove(found->octets + found->gap + missing,
		found->octets + found->gap, found->len - found->gap);
	memset(found->octets + found->gap, 0, missing);
	return 0;
}

/*
 * The forms of RFC 4291 section 2.2: groups of hexadecimal digits, "::" once
 * for one or more groups of zero, an IPv4 address at the end
 */
static int read_ipv6(const struct arg *arg __unused, const char *text,
		     void *member)
{
	struct partial found = { .octets = member, .gap = SIZE_MAX };
	const char *group;
	uint64_t value;

	memset(found.octets, 0, NB_OCTETS);
	if (text[0] == ':') {
		/* An address starts with a colon only as a part of "::" */
		if (text[1] != ':')
			return -EINVAL;
		found.gap = 0;
		text += 2;
	}
	while (*text) {
		group = text;
		if (found.len == NB_OCTETS || args_digits(&text, 16, 4, &value))
			return -EINVAL;
		if (*text == '.') {
			if (found.len > NB_OCTETS - 4 ||
			    args_separated(group, 10, '.',
					   found.octets + found.len, 4))
				return -EINVAL;
			found.len += 4;
			break;
		}
		put_be16(found.octets + found.len, (uint16_t)value);
		found.len += 2;
		if (*text == '\0')
			break;
		if (*text++ != ':' || *text == '\0')
			return -EINVAL;
		if (*text == ':') {
			if (found.gap != SIZE_MAX)
				return -EINVAL;
			found.gap = found.len;
			text++;
		}
	}
	return close_gap(&found);
}

const struct arg_kind arg_ipv6 = {
	.takes = "IPv6 address, such as 2001:db8::1",
	.read = read_ipv6,
};
