/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>
#include "netdef.h"
#include "netspeed.h"
#include "packet.h"
#include "report.h"
#include "strategy.h"

/* What a rate is computed from */
struct span {
	uint64_t pkts;
	uint64_t bytes;
	__nsec ns;
};

/*
 * What came after the first packets, and how long it took: a receiver may have
 * waited for the first one, and may wait after the last one.
 */
static struct span reception(const struct traffic *seen)
{
	return (struct span){
		.pkts = seen->received - seen->first_received,
		.bytes = seen->received_bytes - seen->first_received_bytes,
		.ns = seen->received ? seen->last_at - seen->first_at : 0,
	};
}

void report(const struct options *opt, const struct traffic *seen,
	    int exit_code)
{
	struct span span;
	uint64_t pps, kbps, bytes;

	if (opt->mode & MODE_TX) {
		bytes = seen->sent_bytes;
		span = (struct span){ seen->sent, bytes, seen->elapsed };
	} else {
		bytes = seen->received_bytes;
		span = reception(seen);
	}
	pps = netspeed_rate(span.pkts, span.ns, 2);
	kbps = netspeed_rate(span.bytes + span.pkts * ETHER_WIRE_OVERHEAD,
			     span.ns, 3) / 125000;

	printf("{\"format\":\"" PACKET_NAME "\","
	       "\"strategy\":\"" STRATEGY_NAME "\","
	       "\"mode\":\"%s\",\"length\":%u,"
	       "\"sent\":%" PRIu64 ",\"received\":%" PRIu64 ","
	       "\"failed\":%" PRIu64 ",\"valid\":%" PRIu64 ","
	       "\"other\":%" PRIu64 ",\"invalid\":%" PRIu64 ","
	       "\"bytes\":%" PRIu64 ","
	       "\"seconds\":%" PRIu64 ".%09" PRIu64 ","
	       "\"run_seconds\":%" PRIu64 ".%09" PRIu64 ","
	       "\"packets_per_second\":%" PRIu64 ".%02" PRIu64 ","
	       "\"megabits_per_second\":%" PRIu64 ".%03" PRIu64 ","
	       "\"exit_code\":%d}\n",
	       mode_names[opt->mode], (unsigned int)opt->length,
	       seen->sent, seen->received, seen->failed,
	       seen->verdicts[VERDICT_VALID], seen->verdicts[VERDICT_OTHER],
	       seen->verdicts[VERDICT_INVALID], bytes,
	       (uint64_t)(span.ns / 1000000000),
	       (uint64_t)(span.ns % 1000000000),
	       (uint64_t)(seen->elapsed / 1000000000),
	       (uint64_t)(seen->elapsed % 1000000000),
	       pps / 100, pps % 100, kbps / 1000, kbps % 1000, exit_code);
}
