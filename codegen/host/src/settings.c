/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A device's settings: their names, limits and defaults, in one table that
 * the command line, the checks and the help all use.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uk/essentials.h>
#include <uk/netdev_core.h>
#include <uk/print.h>

#include "backend.h"
#include "netdev_impl.h"

struct number {
	const char *key;
	size_t offset;
	uint16_t min;
	uint16_t max;
	const char *meaning;
};

#define NUMBER(id, lo, hi, text)					\
	{								\
		.key = #id,						\
		.offset = offsetof(struct host_netdev_settings, id),	\
		.min = (lo),						\
		.max = (hi),						\
		.meaning = (text),					\
	}

static const struct number numbers[] = {
	NUMBER(ioalign, 0, 4096,
	       "alignment of buffers, a power of two or 0"),
	NUMBER(encap, 0, 256,
	       "bytes that the device prepends to a packet"),
	NUMBER(ring, 1, UINT16_MAX,
	       "descriptors of a queue"),
	NUMBER(descs, 1, 16,
	       "descriptors that a packet takes"),
	NUMBER(batch, 1, UINT16_MAX,
	       "packets that are sent at once"),
	NUMBER(mtu, 68, HOST_MTU_MAX,
	       "longest payload of a frame"),
	NUMBER(rx_extra, 0, 64,
	       "bytes that received lengths are too large by"),
};

static uint16_t number_get(const struct host_netdev_settings *settings,
			   const struct number *number)
{
	uint16_t value;

	memcpy(&value, (const char *)settings + number->offset,
	       sizeof(value));
	return value;
}

void host_netdev_settings_init(struct host_netdev_settings *settings)
{
	*settings = (struct host_netdev_settings) {
		.device = "null",
		.ioalign = 2048,
		.encap = 16,
		.ring = 256,
		.descs = 2,
		.batch = 32,
		.mtu = UK_ETH_PAYLOAD_MAXLEN,
		.rx_extra = 0,
		.mac = { 0x02, 0x00, 0x00, 0x00, 0x00, 0x01 },
	};
}

static int parse_number(const struct number *number, const char *text,
			struct host_netdev_settings *settings)
{
	unsigned long value;
	uint16_t stored;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno
	    || value < number->min || value > number->max) {
		uk_pr_err("%s= is a number from %u to %u (%s), not '%s'\n",
			  number->key, (unsigned int)number->min,
			  (unsigned int)number->max, number->meaning, text);
		return -EINVAL;
	}
	stored = (uint16_t)value;
	memcpy((char *)settings + number->offset, &stored, sizeof(stored));
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int parse_mac(const char *text, uint8_t mac[UK_ETH_ADDR_LEN])
{
	const char *at = text;
	unsigned int i;

	for (i = 0; i < UK_ETH_ADDR_LEN; i++, at += 3) {
		if (hex_digit(at[0]) < 0 || hex_digit(at[1]) < 0
		    || at[2] != (i + 1 < UK_ETH_ADDR_LEN ? ':' : '\0')) {
			uk_pr_err("mac= is six bytes as in 02:00:00:00:00:01, not '%s'\n",
				  text);
			return -EINVAL;
		}
		mac[i] = (uint8_t)(hex_digit(at[0]) << 4 | hex_digit(at[1]));
	}
	return 0;
}

int host_netdev_settings_parse(struct host_netdev_settings *settings,
			       const char *key, const char *value)
{
	unsigned int i;

	if (!strcmp(key, "device")) {
		settings->device = value;
		return 0;
	}
	if (!strcmp(key, "mac")) {
		settings->mac_chosen = 1;
		return parse_mac(value, settings->mac);
	}
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		if (!strcmp(key, numbers[i].key))
			return parse_number(&numbers[i], value, settings);
	return -ENOENT;
}

int host_netdev_settings_check(const struct host_netdev_settings *settings)
{
	static const uint8_t no_mac[UK_ETH_ADDR_LEN];
	const struct host_backend * const *backend;
	unsigned int i, value;
	const char *spec;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		value = number_get(settings, &numbers[i]);
		if (value >= numbers[i].min && value <= numbers[i].max)
			continue;
		uk_pr_err("%s is a number from %u to %u (%s), not %u\n",
			  numbers[i].key, (unsigned int)numbers[i].min,
			  (unsigned int)numbers[i].max, numbers[i].meaning,
			  value);
		return -EINVAL;
	}
	if (settings->ioalign && !POWER_OF_2(settings->ioalign)) {
		uk_pr_err("ioalign is a power of two or 0, not %u\n",
			  (unsigned int)settings->ioalign);
		return -EINVAL;
	}
	if (settings->ring < settings->descs) {
		uk_pr_err("a ring of %u descriptors has no room for a packet that takes %u\n",
			  (unsigned int)settings->ring,
			  (unsigned int)settings->descs);
		return -EINVAL;
	}
	if (settings->mac[0] & 1
	    || !memcmp(settings->mac, no_mac, sizeof(no_mac))) {
		uk_pr_err("mac is the address of one device: not a group's, not all zeros\n");
		return -EINVAL;
	}
	if (!settings->device || !host_backend_find(settings->device, &spec)) {
		uk_pr_err("there is no device '%s'; these are:\n",
			  settings->device ? settings->device : "");
		for (backend = host_backends; *backend; backend++)
			uk_pr_err("  device=%-14s %s\n", (*backend)->usage,
				  (*backend)->summary);
		return -EINVAL;
	}
	return 0;
}

void host_netdev_settings_help(FILE *out)
{
	const struct host_backend * const *backend;
	struct host_netdev_settings defaults;
	unsigned int i;

	host_netdev_settings_init(&defaults);
	for (backend = host_backends; *backend; backend++)
		fprintf(out, "  device=%-14s %s%s\n", (*backend)->usage,
			(*backend)->summary,
			strcmp((*backend)->name, defaults.device)
			? "" : " (default)");
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		fprintf(out, "  %s=%-*u %s, %u to %u\n", numbers[i].key,
			(int)(20 - strlen(numbers[i].key)),
			(unsigned int)number_get(&defaults, &numbers[i]),
			numbers[i].meaning, (unsigned int)numbers[i].min,
			(unsigned int)numbers[i].max);
	fprintf(out, "  mac=02:00:00:00:00:01 address of the device; packet and xdp have their interface's\n"
		"Of tap, packet and xdp the mtu is their interface's, whatever mtu= is.\n");
}
