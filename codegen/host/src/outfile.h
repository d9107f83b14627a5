/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A file that is written under a temporary name beside its own, and gets its
 * own when it is whole: until then the name means what it meant before.
 *
 * What is no regular file (a FIFO, a terminal, /dev/null) cannot be replaced,
 * and is written to directly.
 */
#ifndef HOST_OUTFILE_H
#define HOST_OUTFILE_H

#include <stdbool.h>

struct outfile {
	const char *path;	/* as the user wrote it */
	int fd;
	bool replaces;		/* there is a regular file of that name */
	char *target;		/* (NULL) where it is written directly */
	char *temporary;	/* TARGET.PID.partial; (NULL) as above */
};

/**
 * Opens a file for writing.
 * @param path
 *   stays the caller's, and must be there until the file is closed
 * @return
 *   0, or a negative error code: then there is nothing to close
 */
int outfile_open(struct outfile *out, const char *path);

/**
 * Closes the file; with `keep` it gets its name, else it is removed.
 * @return
 *   0, or a negative error code after having reported the reason
 */
int outfile_close(struct outfile *out, bool keep);

#endif /* HOST_OUTFILE_H */
