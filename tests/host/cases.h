/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Test cases in C, each run in a process of its own: CASE(name) { ... } is
 * one, and test_platform.py finds it by that line.
 */
#ifndef CASES_H
#define CASES_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <host/host.h>
#include <uk/alloc.h>
#include <uk/allocpool.h>
#include <uk/netbuf.h>
#include <uk/netdev.h>
#include <uk/plat/time.h>

struct test_case {
	const char *name;
	void (*run)(void);
	struct test_case *next;
};

void case_register(struct test_case *test);

#define CASE(id)							\
	static void case_##id(void);					\
	__attribute__((constructor)) static void register_##id(void)	\
	{								\
		static struct test_case test = {			\
			.name = #id,					\
			.run = case_##id,				\
		};							\
									\
		case_register(&test);					\
	}								\
	static void case_##id(void)

#define CHECK(expr)							\
	do {								\
		if (!(expr)) {						\
			fprintf(stderr, "%s:%d: not true: %s\n",	\
				__FILE__, __LINE__, #expr);		\
			exit(1);					\
		}							\
	} while (0)

#define CHECK_EQ(got, expected)						\
	do {								\
		long long got_ = (long long)(got);			\
		long long expected_ = (long long)(expected);		\
									\
		if (got_ != expected_) {				\
			fprintf(stderr, "%s:%d: %s is %lld, not %lld\n",\
				__FILE__, __LINE__, #got, got_,		\
				expected_);				\
			exit(1);					\
		}							\
	} while (0)

#endif /* CASES_H */
