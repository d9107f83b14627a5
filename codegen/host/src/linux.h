/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel's headers. They and Unikraft's define types of the same names,
 * which are equal but for these two: the kernel's are renamed.
 */
#ifndef HOST_LINUX_H
#define HOST_LINUX_H

#define __s64	linux_s64
#define __u64	linux_u64
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/if_xdp.h>
#include <sys/prctl.h>
#undef __s64
#undef __u64

#endif /* HOST_LINUX_H */
