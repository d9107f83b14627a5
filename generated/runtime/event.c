/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include "event.h"

#define MESSAGE_MAX	1024

void event_device(unsigned int count, const uint8_t address[6])
{
	printf("{\"event\":\"device\",\"count\":%u,\"address\":", count);
	if (address)
		printf("\"%02x:%02x:%02x:%02x:%02x:%02x\"}\n",
		       address[0], address[1], address[2], address[3],
		       address[4], address[5]);
	else
		printf("null}\n");
}

void event_started(const char *mode)
{
	printf("{\"event\":\"started\",\"mode\":\"%s\"}\n", mode);
}

void event_ended(void)
{
	printf("{\"event\":\"ended\"}\n");
}

void event_waiting(uint64_t received, uint64_t count, unsigned int seconds)
{
	printf("{\"event\":\"waiting\",\"received\":%" PRIu64 ","
	       "\"count\":%" PRIu64 "}\n", received, count);
	fprintf(stderr, "no packet has come for %u s; received %" PRIu64,
		seconds, received);
	if (count)
		fprintf(stderr, " of %" PRIu64, count);
	fprintf(stderr, " and waiting for more; duration= sets a limit\n");
}

/* Print the inside of a JSON string. An argument may have any bytes, and JSON
 * is UTF-8: what is not ASCII is printed byte by byte.
 */
static void print_escaped(const char *text)
{
	unsigned char c;

	for (; *text; text++) {
		c = (unsigned char)*text;
		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c >= ' ' && c <= '~')
			printf("%c", c);
		else
			printf("\\u%04x", (unsigned int)c);
	}
}

void event_error(const char *kind, const char *format, ...)
{
	char message[MESSAGE_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	printf("{\"event\":\"error\",\"kind\":\"%s\",\"message\":\"", kind);
	print_escaped(message);
	printf("\"}\n");
	fprintf(stderr, "%s\n", message);
}
