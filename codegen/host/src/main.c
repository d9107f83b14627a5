/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The process around an application: the platform's half of the command
 * line, one network device, and an orderly end.
 *
 * Exit codes: the application's own, except for 1 if the device's backend
 * failed or a memory check did, and 2 if the command line is wrong.
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <host/app_main.h>
#include <host/host.h>
#include <uk/alloc.h>
#include <uk/essentials.h>
#include <uk/netdev.h>
#include <uk/plat/time.h>
#include <uk/print.h>

#include "backend.h"
#include "linux.h"
#include "netdev_impl.h"

#define EXIT_USAGE	2

/*
 * After a signal the application has this long to end by itself, which it
 * does with a report. Then the program ends as soon as a device deals with
 * its backend, and after some seconds in any case.
 */
#define STOP_WAIT_NSEC	1000000000U
#define STOP_LIMIT_SEC	4

/* As on a machine without a network card: applications should cope. */
#define NO_DEVICE	"none"

static const struct {
	const char *name;
	int level;
} log_levels[] = {
	{ "err", KLVL_ERR },
	{ "warn", KLVL_WARN },
	{ "info", KLVL_INFO },
	{ "debug", KLVL_DEBUG },
};

static void help(const char *program)
{
	fprintf(stderr,
		"usage: %s [KEY=VALUE]... -- [ARGUMENT OF THE APPLICATION]...\n"
		"Without -- everything goes to the application. Keys:\n",
		program);
	host_netdev_settings_help(stderr);
	fprintf(stderr,
		"  device=" NO_DEVICE "           no device at all\n"
		"  linktype=1            of capture files, a number of tcpdump's registry\n"
		"  log=warn              least important message that is printed: err, warn, info, debug\n"
		"  parent=PID            end when this process, which started the program, has ended\n"
		"  poison=BYTE           fill new memory with this byte, 0 to 255, and check around it\n");
}

static int parse_log(const char *value)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(log_levels); i++) {
		if (!strcmp(value, log_levels[i].name)) {
			host_log_level_set(log_levels[i].level);
			return 0;
		}
	}
	uk_pr_err("log= is err, warn, info or debug, not '%s'\n", value);
	return -EINVAL;
}

static int parse_linktype(const char *value)
{
	unsigned long linktype;
	char *end;

	linktype = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || linktype > UINT16_MAX) {
		uk_pr_err("linktype= is a number, 0 to 65535, not '%s'\n",
			  value);
		return -EINVAL;
	}
	host_linktype = (uint16_t)linktype;
	return 0;
}

static int parse_poison(const char *value)
{
	unsigned long byte;
	char *end;

	byte = strtoul(value, &end, 0);
	if (*value < '0' || *value > '9' || *end || byte > UINT8_MAX) {
		uk_pr_err("poison= is a byte, 0 to 255 or 0x00 to 0xff, not '%s'\n",
			  value);
		return -EINVAL;
	}
	return host_alloc_poison((uint8_t)byte);
}

/* A program that sends does not outlive who started it, however that ends. */
static int parse_parent(const char *value)
{
	unsigned long pid;
	char *end;

	pid = strtoul(value, &end, 10);
	if (*value < '1' || *value > '9' || *end || pid > INT_MAX) {
		uk_pr_err("parent= is the number of a process, not '%s'\n",
			  value);
		return -EINVAL;
	}
	/* A line that nobody reads any more must not cost the last frames. */
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, (unsigned long)SIGTERM);

	/* It may have ended before that. */
	if (getppid() != (pid_t)pid) {
		uk_pr_err("parent=%s: this program was started by process %ld\n",
			  value, (long)getppid());
		return -EINVAL;
	}
	return 0;
}

static int parse_option(char *option, struct host_netdev_settings *settings)
{
	char *value = strchr(option, '=');

	if (!value)
		return -ENOENT;
	*value = '\0';
	if (!strcmp(option, "log"))
		return parse_log(value + 1);
	if (!strcmp(option, "linktype"))
		return parse_linktype(value + 1);
	if (!strcmp(option, "parent"))
		return parse_parent(value + 1);
	if (!strcmp(option, "poison"))
		return parse_poison(value + 1);
	return host_netdev_settings_parse(settings, option, value + 1);
}

/* Index of "--", or 0: then no argument is the platform's. */
static int find_separator(int argc, char *argv[])
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--"))
			return i;
	return 0;
}

/* Ends everything once; true if all went well. */
static bool finish(void)
{
	static bool finished;
	struct uk_netdev *dev = uk_netdev_get(0);
	bool ok = true;

	if (finished)
		return true;
	finished = true;
	host_netdev_hook = NULL;

	if (dev)
		ok = host_netdev_destroy(dev) == 0;
	return host_alloc_check() == 0 && ok;
}

/* For an application that does not return but calls exit(). */
static void finish_at_exit(void)
{
	if (finish())
		return;
	fflush(NULL);
	_exit(EXIT_FAILURE);
}

static void note_signal(int number)
{
	if (host_netdev_stop)
		return;
	host_netdev_stop = number;
	alarm(STOP_LIMIT_SEC);
}

/* Whoever waits for the program sees which signal it ended by. */
static void end_by_signal(void)
{
	finish();
	fflush(NULL);
	signal(host_netdev_stop, SIG_DFL);
	raise(host_netdev_stop);
}

/*
 * The device has just dealt with its backend: a moment at which a program
 * that will not end by itself can be ended without losing a frame.
 */
static void end_if_due(int failure)
{
	static __nsec since;
	__nsec now;

	if (host_netdev_stop) {
		now = ukplat_monotonic_clock();
		since = since ? since : now;
		if (failure || now - since >= STOP_WAIT_NSEC)
			end_by_signal();
	}
	if (failure)
		exit(EXIT_FAILURE);
}

/*
 * Whoever started the program has seen to that, as nohup does, and shells for
 * what they run in the background: CTRL+C is for another program then.
 */
static bool is_ignored(int number)
{
	struct sigaction action;

	return !sigaction(number, NULL, &action)
	       && action.sa_handler == SIG_IGN;
}

static void set_up_signals(void)
{
	struct sigaction action = { .sa_handler = note_signal };

	/* May come twice, from who ends a group of processes and its leader. */
	sigaction(SIGTERM, &action, NULL);
	if (!is_ignored(SIGHUP))
		sigaction(SIGHUP, &action, NULL);

	/* A second CTRL+C does not wait. */
	action.sa_flags = (int)SA_RESETHAND;
	if (!is_ignored(SIGINT))
		sigaction(SIGINT, &action, NULL);

	/* Ends a program that does not come to its end. */
	signal(SIGALRM, SIG_DFL);

	/* A limit on file sizes is an error like others, with a message. */
	signal(SIGXFSZ, SIG_IGN);
}

int main(int argc, char *argv[])
{
	struct host_netdev_settings settings;
	int separator = find_separator(argc, argv);
	int code;
	int i;

	/* A line is one message, whoever else writes to the same terminal. */
	setvbuf(stderr, NULL, _IOLBF, 0);

	host_netdev_settings_init(&settings);
	for (i = 1; i < separator; i++) {
		switch (parse_option(argv[i], &settings)) {
		case 0:
			break;
		case -ENOENT:
			uk_pr_err("'%s' is no option of the platform\n",
				  argv[i]);
			help(argv[0]);
			return EXIT_USAGE;
		default:
			return EXIT_USAGE;
		}
	}

	if (strcmp(settings.device, NO_DEVICE)
	    && !host_netdev_create(&settings))
		return errno == EINVAL ? EXIT_USAGE : EXIT_FAILURE;

	/* Lines are for whoever watches, even through a pipe. */
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);

	set_up_signals();
	host_netdev_hook = end_if_due;
	atexit(finish_at_exit);

	argv[separator] = argv[0];
	code = app_main(argc - separator, argv + separator);

	/* What was printed comes out before a complaint about the end. */
	fflush(stdout);
	if (!finish())
		return EXIT_FAILURE;
	if (host_netdev_stop && !code)
		end_by_signal();
	return code;
}
