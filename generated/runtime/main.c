/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program: brings the device up, sends, receives, and ends with one line of
 * JSON.
 */
#include "device.h"
#include "event.h"
#include "loop.h"
#include "options.h"
#include "report.h"
#include "sender.h"
#include "traffic.h"

/* Exit codes; not every libc has names for them */
#define EXIT_DONE	0
#define EXIT_FAILED	1
#define EXIT_MISUSE	2

/*
 * Some releases (0.10) enter here with a stack that is aligned to 8 bytes only,
 * where compilers count on 16 for vector registers.
 */
#ifdef __x86_64__
__attribute__((force_align_arg_pointer))
#endif
int main(int argc, char *argv[])
{
	/* The driver and destructors use these until the very end */
	static struct device device;
	static struct options opt;
	static struct sender tx = { .opt = &opt };
	struct traffic seen = { 0 };
	int rc;

	if (options_parse(&opt, argc, argv))
		return EXIT_MISUSE;

	if (device_probe(&device) < 0 ||
	    device_configure(&device, &opt, &tx.buffers.shape) < 0)
		return EXIT_FAILED;
	if (sender_check(&opt, device.dev))
		return EXIT_MISUSE;
	if (sender_init(&tx, device.dev, device.nb_tx_desc) < 0 ||
	    device_start(&device) < 0)
		return EXIT_FAILED;
	event_started(mode_names[opt.mode]);

	rc = loop_run(&tx, &seen) < 0 ? EXIT_FAILED : EXIT_DONE;
	sender_fini(&tx);
	report(&opt, &seen, rc);
	return rc;
}
