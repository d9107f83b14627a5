/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The process that loads the programs: its command line, signals, and the
 * result, which has the form of every other platform.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "event.h"
#include "linux.h"
#include "loader.h"
#include "report.h"

#define EXIT_MISUSE	2

/* An Ethernet header with a VLAN tag */
#define HEADERS_MAX	18U

volatile sig_atomic_t loader_signal;

static const char *const take_names[] = {
	[XDP_TAKE_ALL] = "all",
	[XDP_TAKE_MATCHING] = "matching",
	[XDP_TAKE_NONE] = "none",
};

/* What is the loader's; the rest of the command line is the packet's */
struct settings {
	const char *interface;
	const char *parent;
	struct loader *loader;
	int is_check;
};

void loader_pause(uint64_t nsec)
{
	const struct timespec pause = {
		.tv_sec = (time_t)(nsec / 1000000000ULL),
		.tv_nsec = (long)(nsec % 1000000000ULL),
	};

	nanosleep(&pause, NULL);
}

static void note_signal(int number)
{
	loader_signal = number;
}

/* Who started the program may have seen to it that a signal is ignored */
static void catch_signal(int number)
{
	struct sigaction action;

	if (sigaction(number, NULL, &action) || action.sa_handler == SIG_IGN)
		return;
	memset(&action, 0, sizeof(action));
	action.sa_handler = note_signal;
	sigaction(number, &action, NULL);
}

static int read_take(struct loader *loader, const char *text)
{
	uint32_t i;

	for (i = 0; i < sizeof(take_names) / sizeof(take_names[0]); i++) {
		if (strcmp(text, take_names[i]) == 0) {
			loader->take = i;
			return 0;
		}
	}
	event_error("misuse", "bad value in 'take=%s'; take takes: all, "
		    "matching or none", text);
	return -EINVAL;
}

static int read_cores(struct loader *loader, const char *text)
{
	cpu_set_t allowed;
	uint64_t cores, most;

	sched_getaffinity(0, sizeof(allowed), &allowed);
	most = (uint64_t)CPU_COUNT(&allowed);
	if (args_number(text, &cores) || cores < 1 || cores > most) {
		event_error("misuse", "bad value in 'cores=%s'; cores takes: "
			    "number, 1 to %u, which this process may use",
			    text, (unsigned int)most);
		return -EINVAL;
	}
	loader->cores = (unsigned int)cores;
	return 0;
}

/* The value of an argument with this key, NULL for any other argument */
static const char *value_of(const char *argument, const char *key)
{
	const size_t len = strlen(key);

	return strncmp(argument, key, len) == 0 && argument[len] == '=' ?
	       argument + len + 1 : NULL;
}

static int read_setting(struct settings *settings, const char *argument)
{
	const char *value;

	if (strcmp(argument, "check") == 0)
		settings->is_check = 1;
	else if ((value = value_of(argument, "cores")))
		return read_cores(settings->loader, value);
	else if ((value = value_of(argument, "object")))
		settings->loader->object = value;
	else if ((value = value_of(argument, "parent")))
		settings->parent = value;
	else if ((value = value_of(argument, "interface")))
		settings->interface = value;
	else {
		event_error("misuse", "unknown argument '%s' before --",
			    argument);
		return -EINVAL;
	}
	return 0;
}

/*
 * The loader's arguments are before "--", but for "take", which is for users.
 * Those that are the packet's stay in the list.
 */
static int read_settings(struct settings *settings, int *argc, char *argv[])
{
	const char *take;
	int i, rest = 1;

	for (i = 1; i < *argc && strcmp(argv[i], "--"); i++)
		if (read_setting(settings, argv[i]))
			return -EINVAL;
	for (i++; i < *argc; i++) {
		take = value_of(argv[i], "take");
		if (!take)
			argv[rest++] = argv[i];
		else if (read_take(settings->loader, take))
			return -EINVAL;
	}
	*argc = rest;
	return 0;
}

/* A program that sends does not outlive who started it, however that ends */
static int follow_parent(const char *text)
{
	uint64_t pid;

	if (args_number(text, &pid) || !pid || pid > INT_MAX)
		return -EINVAL;
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, (unsigned long)SIGTERM);
	/* It may have ended before that */
	return getppid() == (pid_t)pid ? 0 : -ESRCH;
}

/* An interface drops longer frames than its MTU and the headers around it */
static int check_length(const struct loader *loader)
{
	const struct interface *interface = &loader->interface;

	if (loader->opt.mode == MODE_RX ||
	    loader->opt.length <= interface->mtu + HEADERS_MAX)
		return 0;
	event_error("misuse", "frames of %u bytes are too long for interface "
		    "%s, whose MTU is %u; 'ip link set %s mtu %u' raises it",
		    (unsigned int)loader->opt.length, interface->name,
		    (unsigned int)interface->mtu, interface->name,
		    (unsigned int)loader->opt.length - HEADERS_MAX);
	return -EMSGSIZE;
}

static int run(struct loader *loader)
{
	struct traffic seen = { 0 };
	int rc;

	packet_set_own_address(&loader->opt.packet,
			       loader->interface.address);
	event_device(1, loader->interface.address);
	if (loader->opt.mode == MODE_RX)
		rc = receive_run(loader, &seen);
	else
		rc = send_run(loader, &seen);
	rc = rc ? EXIT_FAILURE : EXIT_SUCCESS;
	report(&loader->opt, &seen, rc);
	return rc;
}

/* Whoever waits for the program sees which signal it ended by */
static void end_by_signal(void)
{
	fflush(NULL);
	signal(loader_signal, SIG_DFL);
	raise(loader_signal);
}

int main(int argc, char *argv[])
{
	static struct loader loader = { .cores = 1 };
	struct settings settings = { .loader = &loader };
	int rc;

	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	setvbuf(stderr, NULL, _IOLBF, 0);
	if (read_settings(&settings, &argc, argv))
		return EXIT_MISUSE;
	if (settings.parent && follow_parent(settings.parent))
		return EXIT_MISUSE;
	if (!loader.object) {
		event_error("misuse", "object= names the compiled programs");
		return EXIT_MISUSE;
	}
	if (settings.is_check)
		return check_run(loader.object) ? EXIT_FAILURE : EXIT_SUCCESS;
	if (options_parse(&loader.opt, argc, argv)) {
		fprintf(stderr, "  %-10s which received frames the network "
			"stack does not get (all, matching or none)\n", "take");
		return EXIT_MISUSE;
	}
	if (!settings.interface) {
		event_error("misuse", "interface= names the interface");
		return EXIT_MISUSE;
	}
	rc = interface_find(&loader.interface, settings.interface);
	if (rc)
		return rc == -ENODEV ? EXIT_MISUSE : EXIT_FAILURE;
	if (check_length(&loader))
		return EXIT_MISUSE;
	catch_signal(SIGTERM);
	catch_signal(SIGHUP);
	catch_signal(SIGINT);
	rc = run(&loader);
	if (loader_signal && !rc)
		end_by_signal();
	return rc;
}
