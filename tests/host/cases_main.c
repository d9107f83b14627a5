/* SPDX-License-Identifier: BSD-3-Clause */
#include "cases.h"

static struct test_case *cases;

void case_register(struct test_case *test)
{
	test->next = cases;
	cases = test;
}

int main(int argc, char *argv[])
{
	struct test_case *test;

	for (test = cases; test; test = test->next) {
		if (argc == 2 && !strcmp(test->name, argv[1])) {
			test->run();
			return 0;
		}
	}
	fprintf(stderr, "no such case\n");
	return 2;
}
