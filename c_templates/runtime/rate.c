/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>
#include <uk/essentials.h>
#include "rate.h"

/* Packets or bits a second; a thousand times that fits into 64 bits */
#define RATE_MAX	1000000000000ULL

/* Picoseconds of a second, for rates times 1000 */
#define PSEC_PER_SEC_MILLI	1000000000000000ULL

/* A number with up to three decimals and one of the prefixes k, M and G */
static int read_milli(const char **text, uint64_t *milli)
{
	uint64_t whole, fraction = 0, scale = 1000, prefix = 1;
	const char *point;

	if (args_digits(text, 10, 10, &whole))
		return -EINVAL;
	if (**text == '.') {
		point = ++*text;
		if (args_digits(text, 10, 3, &fraction))
			return -EINVAL;
		for (; point < *text; point++)
			scale /= 10;
		fraction *= scale;
	}
	if (**text == 'k')
		prefix = 1000;
	else if (**text == 'M')
		prefix = 1000000;
	else if (**text == 'G')
		prefix = 1000000000;
	if (prefix > 1)
		(*text)++;
	if (whole > RATE_MAX / prefix)
		return -EINVAL;
	*milli = (whole * 1000 + fraction) * prefix;
	return 0;
}

static int read_rate(const struct arg *arg __unused, const char *text,
		     void *member)
{
	uint64_t percent_milli, speed_milli;
	struct rate *rate = member;

	*rate = (struct rate){ 0 };
	if (read_milli(&text, &rate->milli))
		return -EINVAL;
	if (strcmp(text, "pps") == 0 || (*text == '\0' && rate->milli == 0))
		return 0;
	rate->is_bits = 1;
	if (strcmp(text, "bit") == 0)
		return 0;

	/* N%SPEED: a part of the speed of a link */
	percent_milli = rate->milli;
	if (*text++ != '%' || percent_milli > 100000 ||
	    read_milli(&text, &speed_milli) || *text)
		return -EINVAL;
	rate->milli = speed_milli / 100000 * percent_milli;
	return 0;
}

const struct arg_kind arg_rate = {
	.takes = "rate, such as 1Mpps, 500Mbit or 80%10G; 0: no limit",
	.read = read_rate,
};

uint64_t rate_ps(const struct rate *rate, uint64_t bits)
{
	uint64_t ps = PSEC_PER_SEC_MILLI;

	if (rate->milli == 0)
		return 0;
	/* Quotient and remainder apart, so that their products fit */
	if (rate->is_bits)
		ps = ps / rate->milli * bits +
		     ps % rate->milli * bits / rate->milli;
	else
		ps /= rate->milli;
	return ps ? ps : 1;
}
