/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel's headers and libbpf's. They and Unikraft's define types of the
 * same names, which are equal but for these two: the kernel's are renamed.
 */
#ifndef XDP_LINUX_H
#define XDP_LINUX_H

#define __s64	linux_s64
#define __u64	linux_u64
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <sys/prctl.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#undef __s64
#undef __u64

#endif /* XDP_LINUX_H */
