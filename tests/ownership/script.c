/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs emitted programs against scripts, each in a process of its own.
 *
 * Standard input has one run a line: NAME KEY=VALUE... -- ARGUMENT...
 *
 *	device, ring, descs, encap, ioalign, rx_extra	settings of the
 *			device
 *	script=1	packets go to the script and not to the device
 *	steps=RA...	two letters for each packet that is handed over:
 *			reclaim before: 0 none, 1 one, a all, n all and this
 *			one too; answer: y taken, m taken and more, f full,
 *			F full although there may be more, e -EIO, E -ENOMEM
 *	memory=01...	for each buffer that is asked for: 0 there is none
 *	then=good|full|error|nomem	what it is like after the script
 *	hoard=1		the device holds more packets than it has descriptors
 *	fail=N		the Nth allocation of all fails
 *	clock=N		nanoseconds that each look at the clock takes
 *	flood=1		packets of others never stop to arrive
 *	plain=1		the allocator neither fails nor fills and counts blocks,
 *			so that a sanitizer sees each of them as it is
 *	time=N		seconds after which the run is ended
 *
 * What the device saw is written behind the program's own output. A status
 * other than 0 is a fault: the program's (an assertion, a sanitizer), or of
 * what it did to the device (see fault()), or it did not end.
 */
#define _GNU_SOURCE
#define SCRIPT_C
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <host/host.h>

#include "script.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define poison(at, len)		__asan_poison_memory_region(at, len)
#define unpoison(at, len)	__asan_unpoison_memory_region(at, len)
#else
#define poison(at, len)		((void)(at), (void)(len))
#define unpoison(at, len)	((void)(at), (void)(len))
#endif

#define WORDS_MAX	64
#define HELD_MAX	65536U
#define HEADER_BYTE	0xec
#define STATUS_FAULT	97

/* A packet that the device has, as it was when it was handed over */
struct held {
	struct uk_netbuf *pkt;
	struct uk_netbuf copy;
	uint8_t *frame;
	size_t frame_len;
	uint8_t *bytes;		/* of the buffer; of the frame if shared */
	bool shared;
};

static struct script_program *programs;

static struct {
	bool on;		/* the device is ours */
	bool running;		/* past the program's start */
	bool sink;		/* there is no device in this program */
	bool flood;
	const char *steps;
	const char *memory;
	const char *then;
	unsigned int encap;
	unsigned int capacity;
	long fail;
} script;

static struct {
	unsigned int taken;
	unsigned int full;
	unsigned int errors;
	unsigned int no_memory;
	struct uk_allocpool *pool;
	unsigned int pool_objects;
	struct uk_netbuf *of_ring;
	char *log;
	size_t log_len;
	FILE *log_file;
} seen;

static struct held held[HELD_MAX];
static unsigned int held_first, held_count;

void script_register(struct script_program *program)
{
	program->next = programs;
	programs = program;
}

static void fault(const char *what)
{
	fprintf(stderr, "fault: %s\n", what);
	fflush(NULL);
	_exit(STATUS_FAULT);
}

static void log_frame(const uint8_t *frame, size_t len)
{
	size_t i;

	fprintf(seen.log_file, "frame ");
	for (i = 0; i < len; i++)
		fprintf(seen.log_file, "%02x", (unsigned int)frame[i]);
	fprintf(seen.log_file, "\n");
}

/*
 * Memory
 */
static struct uk_alloc real;

static bool memory_fails(void)
{
	if (*script.memory)
		return *script.memory++ == '0';
	return !strcmp(script.then, "nomem");
}

static bool allocation_fails(void)
{
	bool fails = script.fail >= 0 && script.fail-- == 0;

	/* Before that, only single failures end well or with a message */
	if (script.running && memory_fails())
		fails = true;
	if (script.running && fails)
		seen.no_memory++;
	return fails;
}

static void *scripted_malloc(struct uk_alloc *a, __sz size)
{
	if (allocation_fails()) {
		errno = ENOMEM;
		return NULL;
	}
	return real.malloc(a, size);
}

static int scripted_posix_memalign(struct uk_alloc *a, void **memptr,
				   __sz align, __sz size)
{
	return allocation_fails() ? ENOMEM
				  : real.posix_memalign(a, memptr, align, size);
}

void *script_take(struct uk_allocpool *pool)
{
	void *object = NULL;

	if (!seen.pool) {
		seen.pool = pool;
		seen.pool_objects = uk_allocpool_availcount(pool);
	}
	if (!memory_fails())
		object = uk_allocpool_take(pool);
	if (!object)
		seen.no_memory++;
	return object;
}

/*
 * The device
 */
static unsigned int held_times(const struct uk_netbuf *pkt)
{
	unsigned int i, times = 0;

	for (i = 0; i < held_count; i++)
		times += held[(held_first + i) % HELD_MAX].pkt == pkt;
	return times;
}

static void note_ring(struct uk_netbuf *pkt)
{
	if (pkt->dtor)
		seen.of_ring = pkt;
}

static void hold(struct uk_netbuf *pkt)
{
	struct held *h = &held[(held_first + held_count) % HELD_MAX];
	const uint8_t *bytes = pkt->buf;
	size_t len = pkt->buflen;

	h->pkt = pkt;
	h->shared = pkt->refcount.counter > 1;
	h->frame = pkt->data;
	h->frame_len = pkt->len;
	log_frame(h->frame, h->frame_len);

	if (uk_netbuf_header(pkt, (int16_t)script.encap) != 1)
		fault("a packet has no headroom for the device");
	memset(pkt->data, HEADER_BYTE, script.encap);

	if (h->shared) {
		bytes = h->frame;
		len = h->frame_len;
	}
	h->bytes = malloc(len);
	memcpy(h->bytes, bytes, len);
	memcpy(&h->copy, pkt, sizeof(h->copy));
	held_count++;
	if (h->shared)
		return;
	/* Nobody else has a reference, so nobody else may look */
	poison(h->copy.buf, h->copy.buflen);
	poison(pkt, sizeof(*pkt));
}

static void reclaim(void)
{
	struct held *h = &held[held_first];

	held_first = (held_first + 1) % HELD_MAX;
	held_count--;
	if (h->shared) {
		if (memcmp(h->frame, h->bytes, h->frame_len))
			fault("a frame was changed on its way");
	} else {
		unpoison(h->pkt, sizeof(*h->pkt));
		unpoison(h->copy.buf, h->copy.buflen);
		if (memcmp(&h->copy, h->pkt, sizeof(h->copy)))
			fault("a netbuf was changed on its way");
		if (memcmp(h->copy.buf, h->bytes, h->copy.buflen))
			fault("a buffer was changed on its way");
	}
	free(h->bytes);
	uk_netbuf_free(h->pkt);
}

static void reclaim_all(void)
{
	while (held_count)
		reclaim();
}

static const char *next_step(void)
{
	const char *step = script.steps;

	if (*step) {
		script.steps += 2;
		return step;
	}
	if (!strcmp(script.then, "full"))
		return "0f";
	return strcmp(script.then, "error") ? "ay" : "ae";
}

int script_tx_one(struct uk_netdev *dev, uint16_t queue_id,
		  struct uk_netbuf *pkt)
{
	unsigned int times;
	const char *step;
	char answer;

	if (!script.on)
		return uk_netdev_tx_one(dev, queue_id, pkt);

	step = next_step();
	answer = step[1];
	if (step[0] == '1' && held_count)
		reclaim();
	if (step[0] == 'a' || step[0] == 'n')
		reclaim_all();

	if (pkt->next || pkt->prev)
		fault("a packet is part of a chain");
	times = held_times(pkt);
	if (pkt->refcount.counter < (times ? times + 2 : 1))
		fault("a packet is sent without a reference to it");
	note_ring(pkt);

	if (answer == 'e' || answer == 'E') {
		seen.errors++;
		return answer == 'e' ? -EIO : -ENOMEM;
	}
	if (answer == 'f' || answer == 'F' || held_count >= script.capacity) {
		seen.full++;
		return answer == 'F' ? UK_NETDEV_STATUS_MORE : 0;
	}
	hold(pkt);
	seen.taken++;
	if (step[0] == 'n')
		reclaim_all();
	return UK_NETDEV_STATUS_SUCCESS |
	       (answer == 'm' ? UK_NETDEV_STATUS_MORE : 0);
}

int script_rx_one(struct uk_netdev *dev, uint16_t queue_id,
		  struct uk_netbuf **pkt)
{
	if (!script.flood)
		return uk_netdev_rx_one(dev, queue_id, pkt);

	*pkt = uk_netbuf_alloc_buf(uk_alloc_get_default(), 60, 8, 0, 0, NULL);
	if (!*pkt)
		return 0;
	memset((*pkt)->data, 0, 60);
	(*pkt)->len = 60;
	return UK_NETDEV_STATUS_SUCCESS | UK_NETDEV_STATUS_MORE;
}

void script_free(struct uk_netbuf *pkt)
{
	uint8_t *frame = (uint8_t *)pkt->buf + script.encap;

	/* What goes nowhere is seen when the program itself frees it. The
	 * window moves the data, so only the end of the frame is where it was.
	 */
	if (script.sink && script.running) {
		note_ring(pkt);
		log_frame(frame, (size_t)((uint8_t *)pkt->data + pkt->len
					  - frame));
	}
	uk_netbuf_free(pkt);
}

__nsec script_start(struct netspeed *s, __nsec interval)
{
	script.running = true;
	return netspeed_start(s, interval);
}

/*
 * A run
 */
static void print_ring(const struct script_program *program)
{
	unsigned int count = 0, different = 0, i, j;
	struct uk_netbuf **ready;

	if (!program->ready || !seen.of_ring)
		return;
	ready = program->ready(seen.of_ring, &count);
	for (i = 0; i < count; i++) {
		for (j = 0; j < i && ready[j] != ready[i]; j++)
			;
		different += i == j;
	}
	printf("ready %u\ndifferent %u\n", count, different);
}

static void print_seen(const struct script_program *program, int code,
		       const struct host_netdev_stats *stats)
{
	printf("\n--seen--\ncode %d\ntaken %u\nfull %u\nerrors %u\nno_memory %u\n",
	       code, seen.taken, seen.full, seen.errors, seen.no_memory);
	printf("device_sent %" PRIu64 "\ndevice_received %" PRIu64 "\n",
	       stats->tx_packets, stats->rx_packets);
	printf("live %zu\ndamaged %u\n", host_alloc_live(), host_alloc_check());
	printf("failed_one %d\n", script.fail < 0);
	if (seen.pool)
		printf("pool %u\npool_before %u\n",
		       uk_allocpool_availcount(seen.pool), seen.pool_objects);
	print_ring(program);
	fclose(seen.log_file);
	fwrite(seen.log, 1, seen.log_len, stdout);
}

static const char *value_of(char *words[], const char *key)
{
	const size_t len = strlen(key);

	for (; *words; words++)
		if (!strncmp(*words, key, len) && (*words)[len] == '=')
			return *words + len + 1;
	fprintf(stderr, "the run does not say %s=\n", key);
	exit(2);
}

static uint16_t number_of(char *words[], const char *key)
{
	return (uint16_t)strtoul(value_of(words, key), NULL, 10);
}

static void run(char *words[], int argc, char *argv[])
{
	struct host_netdev_settings settings;
	const struct script_program *program;
	struct host_netdev_stats stats;
	struct uk_netdev *dev;
	struct uk_alloc *a;
	uint64_t clock;
	int code;

	for (program = programs; program; program = program->next)
		if (!strcmp(program->name, words[0]))
			break;
	if (!program) {
		fprintf(stderr, "there is no program %s\n", words[0]);
		exit(2);
	}
	host_netdev_settings_init(&settings);
	settings.device = value_of(words, "device");
	settings.ring = number_of(words, "ring");
	settings.descs = number_of(words, "descs");
	settings.rx_extra = number_of(words, "rx_extra");
	settings.encap = number_of(words, "encap");
	settings.ioalign = number_of(words, "ioalign");
	script.steps = value_of(words, "steps");
	script.memory = value_of(words, "memory");
	script.then = value_of(words, "then");
	script.encap = settings.encap;
	script.capacity = number_of(words, "hoard") ? HELD_MAX : settings.ring;
	script.fail = strtol(value_of(words, "fail"), NULL, 10);
	script.on = number_of(words, "script");
	script.flood = number_of(words, "flood");
	script.sink = !strstr(program->name, "/netdev");
	seen.log_file = open_memstream(&seen.log, &seen.log_len);
	clock = strtoul(value_of(words, "clock"), NULL, 10);

	dev = host_netdev_create(&settings);
	if (!dev || !seen.log_file)
		exit(2);
	if (!number_of(words, "plain")) {
		host_alloc_poison(0xa5);
		a = uk_alloc_get_default();
		real = *a;
		a->malloc = scripted_malloc;
		a->posix_memalign = scripted_posix_memalign;
	}
	host_clock_set(0, clock);

	alarm(number_of(words, "time"));
	code = program->run(argc, argv);
	script.on = false;

	reclaim_all();
	host_netdev_flush(dev);
	host_netdev_stats_get(dev, &stats);
	if (host_netdev_destroy(dev))
		fault("the device failed");
	print_seen(program, code, &stats);
}

/*
 * The server
 */
static void child(char *line, int out, int err)
{
	char *words[WORDS_MAX] = { 0 };
	int count = 0, argc = 0;
	char *word;

	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	for (word = strtok(line, " \n"); word; word = strtok(NULL, " \n")) {
		if (count == WORDS_MAX - 1)
			exit(2);
		if (!strcmp(word, "--"))
			argc = count;
		words[count++] = word;
	}
	if (!argc)
		exit(2);
	words[argc] = NULL;
	run(words, count - argc, &words[argc]);
	fflush(NULL);
	_exit(0);
}

static void pass_on(int fd, FILE *out)
{
	char block[4096];
	ssize_t len;

	lseek(fd, 0, SEEK_SET);
	while ((len = read(fd, block, sizeof(block))) > 0)
		fwrite(block, 1, (size_t)len, out);
	close(fd);
}

int main(int argc, char *argv[])
{
	int out, err, status;
	char *line = NULL;
	size_t room = 0;
	pid_t pid;

	(void)argc;
	(void)argv;
	while (getline(&line, &room, stdin) > 0) {
		out = memfd_create("out", 0);
		err = memfd_create("err", 0);
		fflush(NULL);
		pid = fork();
		if (out < 0 || err < 0 || pid < 0)
			return 1;
		if (pid == 0)
			child(line, out, err);
		if (waitpid(pid, &status, 0) != pid)
			return 1;
		status = WIFEXITED(status) ? WEXITSTATUS(status)
					   : -WTERMSIG(status);
		printf("%d %lld %lld\n", status,
		       (long long)lseek(out, 0, SEEK_END),
		       (long long)lseek(err, 0, SEEK_END));
		pass_on(out, stdout);
		pass_on(err, stdout);
		fflush(stdout);
	}
	free(line);
	return 0;
}
