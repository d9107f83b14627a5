/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of backends.
 */
#include <string.h>

#include "backend.h"

#define HOST_BACKEND_ENTRY(id)	&host_backend_##id,

uint16_t host_linktype = HOST_LINKTYPE_ETHERNET;

const struct host_backend * const host_backends[] = {
	HOST_BACKENDS(HOST_BACKEND_ENTRY)
	NULL
};

const struct host_backend *host_backend_find(const char *device,
					     const char **spec)
{
	const size_t len = strcspn(device, ":");
	const struct host_backend * const *backend;

	*spec = device[len] ? device + len + 1 : NULL;

	for (backend = host_backends; *backend; backend++)
		if (strlen((*backend)->name) == len
		    && !memcmp((*backend)->name, device, len))
			return *backend;
	return NULL;
}
