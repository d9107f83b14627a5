/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Send readings in UDP datagrams, and look at what comes back: main HOST PORT
 * COUNT, where an echo service is (as: socat udp4-listen:7007,fork exec:cat).
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "reading.h"

#define LENGTH	64U

/* A socket that sends to that address, and waits a second for an answer */
static int connected(const char *host, const char *port)
{
	const struct timeval patience = { .tv_sec = 1 };
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	to.sin_port = htons((uint16_t)atoi(port));
	if (fd < 0 || inet_pton(AF_INET, host, &to.sin_addr) != 1 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		       sizeof(patience)) ||
	    connect(fd, (const struct sockaddr *)&to, sizeof(to))) {
		perror(host);
		exit(2);
	}
	return fd;
}

/* Receive a datagram and print what it has; 1 if it is a valid reading */
static int receive(int fd, uint8_t *frame, size_t size)
{
	const ssize_t len = recv(fd, frame, size, 0);
	struct reading_fields fields;
	enum frame_result result;

	if (len < 0) {
		perror("nothing came back");
		return 0;
	}
	result = reading_parse(frame, (uint16_t)len, &fields);
	if (result != FRAME_VALID) {
		printf("%s\n", frame_result_name(result));
		return 0;
	}
	printf("sensor %u, number %" PRIu32 ": %" PRIu32 " mK\n",
	       (unsigned int)fields.reading_sensor, fields.reading_number,
	       fields.reading_millikelvin);
	return 1;
}

int main(int argc, char *argv[])
{
	const struct reading_args args = { .sensor = 7, .millikelvin = 300000 };
	uint8_t frame[LENGTH], answer[READING_MAX_LEN];
	struct reading_sweep sweep;
	int fd, count, valid = 0, i;

	if (argc != 4) {
		fprintf(stderr, "usage: %s HOST PORT COUNT\n", argv[0]);
		return 2;
	}
	fd = connected(argv[1], argv[2]);
	count = atoi(argv[3]);

	/* All bytes once; from then on only what differs, with its checksum */
	if (!reading_accepts(LENGTH, &args))
		return 2;
	reading_write(frame, LENGTH, &args);
	reading_sweep_init(&sweep, LENGTH, &args);
	for (i = 0; i < count; i++) {
		reading_sweep_write(frame, &sweep);
		if (send(fd, frame, LENGTH, 0) == LENGTH)
			reading_sweep_next(&sweep);
		valid += receive(fd, answer, sizeof(answer));
	}
	close(fd);
	printf("%d of %d valid\n", valid, count);
	return valid != count;
}
