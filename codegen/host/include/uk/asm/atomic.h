/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Up to 0.15 Unikraft's uk/arch/atomic.h takes searches for bits from here.
 * Its reference counts and lists, for which it is included, need none.
 */
#ifndef HOST_UK_ASM_ATOMIC_H
#define HOST_UK_ASM_ATOMIC_H

#include <uk/arch/types.h>

#endif /* HOST_UK_ASM_ATOMIC_H */
