/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Build configuration of the host platform. On Unikraft these symbols come
 * out of Kconfig; here they are defaults that -D on the compiler's command
 * line may replace.
 */
#ifndef HOST_UK_CONFIG_H
#define HOST_UK_CONFIG_H

#ifndef CONFIG_LIBUKNETDEV_MAXNBQUEUES
#define CONFIG_LIBUKNETDEV_MAXNBQUEUES 1
#endif

/* An emitted application selects it. */
#define CONFIG_LIBUKDEBUG 1

#ifndef CONFIG_LIBUKDEBUG_ENABLE_ASSERT
#define CONFIG_LIBUKDEBUG_ENABLE_ASSERT 1
#endif

/* Lets a source ask where it is being built, the way CONFIG_PLAT_KVM does. */
#define CONFIG_PLAT_HOST 1

#endif /* HOST_UK_CONFIG_H */
