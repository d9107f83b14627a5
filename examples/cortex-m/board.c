/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A Cortex-M3 from its reset to main() and back, and Arm's semihosting: a
 * breakpoint at which the debugger, or QEMU, does what r0 asks for.
 */
#include <stddef.h>
#include <stdint.h>
#include "board.h"

#define SYS_WRITE0		0x04
#define SYS_EXIT		0x18
#define APPLICATION_EXIT	0x20026	/* QEMU exits with 0 */
#define RUN_TIME_ERROR		0x20023	/* and with 1 */

int main(void);

/* From the linker script: memory that starts as zeros, and where the stack is */
extern uint8_t bss_start[], bss_end[], stack_top[];

static void semihosting(uintptr_t operation, uintptr_t argument)
{
	register uintptr_t r0 __asm__("r0") = operation;
	register uintptr_t r1 __asm__("r1") = argument;

	__asm__ __volatile__("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void board_print(const char *text)
{
	semihosting(SYS_WRITE0, (uintptr_t)text);
}

/* Compilers may call these three, also where there is no libc */
void *memcpy(void *to, const void *from, size_t len)
{
	const uint8_t *in = from;
	uint8_t *out = to;

	while (len--)
		*out++ = *in++;
	return to;
}

void *memset(void *to, int value, size_t len)
{
	uint8_t *out = to;

	while (len--)
		*out++ = (uint8_t)value;
	return to;
}

int memcmp(const void *one, const void *other, size_t len)
{
	const uint8_t *a = one, *b = other;

	for (; len && *a == *b; len--) {
		a++;
		b++;
	}
	return len ? *a - *b : 0;
}

static void reset(void)
{
	memset(bss_start, 0, (size_t)(bss_end - bss_start));
	semihosting(SYS_EXIT, main() ? RUN_TIME_ERROR : APPLICATION_EXIT);
	for (;;)
		;
}

static void fault(void)
{
	semihosting(SYS_EXIT, RUN_TIME_ERROR);
	for (;;)
		;
}

/* The first words of the flash: the stack, and where exceptions go */
__attribute__((section(".vectors"), used)) static const void *const vectors[] = {
	stack_top, (const void *)reset, (const void *)fault,
	(const void *)fault, (const void *)fault, (const void *)fault,
	(const void *)fault,
};
