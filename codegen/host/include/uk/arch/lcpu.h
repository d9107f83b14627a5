/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The processor, of which a process needs no more than this.
 */
#ifndef HOST_UK_ARCH_LCPU_H
#define HOST_UK_ARCH_LCPU_H

#include <uk/arch/types.h>

/** Keeps the compiler from moving memory accesses across. */
#define barrier()	__asm__ __volatile__("" : : : "memory")

#endif /* HOST_UK_ARCH_LCPU_H */
