/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The limits of Unikraft's integers are beside them on the host.
 */
#ifndef HOST_UK_ARCH_LIMITS_H
#define HOST_UK_ARCH_LIMITS_H

#include <uk/arch/types.h>

#endif /* HOST_UK_ARCH_LIMITS_H */
