/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>
#include "netdef.h"
#include "netspeed.h"
#include "packet.h"
#include "report.h"
#include "strategy.h"

void report(const struct options *opt, const struct traffic *seen,
	    int exit_code)
{
	const __nsec elapsed = seen->elapsed;
	const int is_tx = opt->mode & MODE_TX;
	const uint64_t pkts = is_tx ? seen->sent : seen->received;
	const uint64_t bytes = is_tx ? seen->sent_bytes : seen->received_bytes;
	const uint64_t pps = netspeed_rate(pkts, elapsed, 2);
	const uint64_t kbps = netspeed_rate(bytes + pkts * ETHER_WIRE_OVERHEAD,
					    elapsed, 3) / 125000;

	printf("{\"format\":\"" PACKET_NAME "\","
	       "\"strategy\":\"" STRATEGY_NAME "\","
	       "\"mode\":\"%s\",\"length\":%u,"
	       "\"sent\":%" PRIu64 ",\"received\":%" PRIu64 ","
	       "\"failed\":%" PRIu64 ",\"valid\":%" PRIu64 ","
	       "\"other\":%" PRIu64 ",\"invalid\":%" PRIu64 ","
	       "\"bytes\":%" PRIu64 ","
	       "\"seconds\":%" PRIu64 ".%09" PRIu64 ","
	       "\"packets_per_second\":%" PRIu64 ".%02" PRIu64 ","
	       "\"megabits_per_second\":%" PRIu64 ".%03" PRIu64 ","
	       "\"exit_code\":%d}\n",
	       mode_names[opt->mode], (unsigned int)opt->length,
	       seen->sent, seen->received, seen->failed,
	       seen->verdicts[VERDICT_VALID], seen->verdicts[VERDICT_OTHER],
	       seen->verdicts[VERDICT_INVALID], bytes,
	       (uint64_t)(elapsed / 1000000000),
	       (uint64_t)(elapsed % 1000000000),
	       pps / 100, pps % 100, kbps / 1000, kbps % 1000, exit_code);
}
