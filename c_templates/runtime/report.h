/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef REPORT_H
#define REPORT_H

#include "options.h"
#include "traffic.h"

/*
 * Print the result, one line of JSON: fixed point, as not every libc prints
 * floating point, and with the exit code, as not every platform passes that on.
 */
void report(const struct options *opt, const struct traffic *seen,
	    int exit_code);

#endif /* REPORT_H */
