/* A program that has two packets, and nothing else of codegen's. */
#include <net/ethernet.h>
#include <stdio.h>
#include <string.h>
#include "udp4_seq.h"
#include "vxlan_udp4.h"

static uint8_t frame[LENGTH];

static void show(const char *name, enum frame_verdict verdict)
{
	unsigned int i;

	printf("%s %s ", name,
	       verdict == VERDICT_VALID ? "valid" : frame_verdict_name(verdict));
	for (i = 0; i < sizeof(frame); i++)
		printf("%02x", (unsigned int)frame[i]);
	printf("\n");
}

int main(void)
{
	struct udp4_seq_args udp4_seq_args;
	struct vxlan_udp4_args vxlan_udp4_args;
	struct udp4_seq_fields fields;
	struct udp4_seq_sweep sweep;

	memset(&udp4_seq_args, 0, sizeof(udp4_seq_args));
	memset(&vxlan_udp4_args, 0, sizeof(vxlan_udp4_args));
	SET_udp4_seq;
	SET_vxlan_udp4;

	if (!udp4_seq_accepts(sizeof(frame), &udp4_seq_args) ||
	    !vxlan_udp4_accepts(sizeof(frame), &vxlan_udp4_args))
		return 1;
	memset(frame, 0xa5, sizeof(frame));
	udp4_seq_write(frame, sizeof(frame), &udp4_seq_args);
	show("udp4_seq", udp4_seq_match(frame, sizeof(frame), &udp4_seq_args));

	/* The second packet of the sweep, whose number a receiver gets */
	udp4_seq_sweep_init(&sweep, sizeof(frame), &udp4_seq_args);
	udp4_seq_sweep_next(&sweep);
	udp4_seq_sweep_write(frame, &sweep);
	if (udp4_seq_parse(frame, sizeof(frame), &fields) != FRAME_VALID ||
	    fields.seqno_number != 1)
		return 2;
	show("udp4_seq", udp4_seq_match(frame, sizeof(frame), &udp4_seq_args));

	memset(frame, 0xa5, sizeof(frame));
	vxlan_udp4_write(frame, sizeof(frame), &vxlan_udp4_args);
	show("vxlan_udp4", vxlan_udp4_match(frame, sizeof(frame), &vxlan_udp4_args));
	return 0;
}
