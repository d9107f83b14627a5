/* SPDX-License-Identifier: BSD-3-Clause */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uk/print.h>

#include "outfile.h"

/*
 * The path of the file behind symbolic links, which stay. (NULL) if there is
 * none: the file that a descriptor in /proc stands for may have lost its name.
 */
static char *resolve(const char *path, const struct stat *file)
{
	char *target = realpath(path, NULL);
	struct stat found;

	if (target && !stat(target, &found) && found.st_dev == file->st_dev
	    && found.st_ino == file->st_ino)
		return target;
	free(target);
	return NULL;
}

static int open_directly(struct outfile *out)
{
	out->fd = open(out->path, O_WRONLY | O_CLOEXEC);
	return out->fd < 0 ? -errno : 0;
}

static int open_temporary(struct outfile *out)
{
	/* Whoever waits for this process knows the name by its number. */
	static const char format[] = "%s.%ld.partial";
	const long pid = (long)getpid();
	const int len = snprintf(NULL, 0, format, out->target, pid) + 1;

	out->temporary = malloc((size_t)len);
	if (!out->temporary)
		return -ENOMEM;
	snprintf(out->temporary, (size_t)len, format, out->target, pid);

	/* Left by a process that had this number, and was killed. */
	unlink(out->temporary);
	out->fd = open(out->temporary,
		       O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	return out->fd < 0 ? -errno : 0;
}

int outfile_open(struct outfile *out, const char *path)
{
	struct stat old;
	int rc;

	*out = (struct outfile) { .path = path, .fd = -1 };
	if (!stat(path, &old)) {
		if (S_ISDIR(old.st_mode))
			return -EISDIR;
		/* Replacing does not ask for this, writing does. */
		if (access(path, W_OK))
			return -errno;
		if (S_ISREG(old.st_mode))
			out->target = resolve(path, &old);
		if (!out->target)
			return open_directly(out);
		out->replaces = true;
	} else if (errno == ENOENT) {
		out->target = strdup(path);
	} else {
		return -errno;
	}

	rc = out->target ? open_temporary(out) : -ENOMEM;
	if (rc) {
		/* A folder that has this file takes no others: /proc */
		if (rc == -ENOENT && out->replaces)
			rc = -EACCES;
		free(out->temporary);
		free(out->target);
		return rc;
	}
	/* Where that is not possible, it has those of a new file. */
	if (out->replaces)
		fchmod(out->fd, old.st_mode & 0777);
	return 0;
}

/* The temporary file gets its name, or goes. */
static int finish(const struct outfile *out, bool keep)
{
	int err;

	if (!keep) {
		unlink(out->temporary);
		return 0;
	}
	if (!rename(out->temporary, out->target))
		return 0;

	/* What is whole is not thrown away. */
	err = errno;
	uk_pr_err("cannot rename '%s' to '%s': %s; what was written stays there\n",
		  out->temporary, out->target, strerror(err));
	return -err;
}

int outfile_close(struct outfile *out, bool keep)
{
	int rc = 0;

	/* Network file systems report only now that a write had failed. */
	if (close(out->fd)) {
		rc = -errno;
		uk_pr_err("cannot write to '%s': %s\n", out->path,
			  strerror(errno));
		keep = false;
	}
	if (out->temporary && finish(out, keep))
		rc = -EIO;
	free(out->temporary);
	free(out->target);
	return rc;
}
