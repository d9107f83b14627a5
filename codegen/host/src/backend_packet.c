/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A packet socket (packet(7)): frames to and from any Ethernet interface,
 * many a system call, past the queueing discipline.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uk/essentials.h>
#include <uk/print.h>

#include "backend.h"
#include "iface.h"
#include "linux.h"

#define USAGE		"packet:IF"

/* Frames a system call; past 64 nothing is gained. */
#define TX_BATCH	64
#define RX_BATCH	32

/* What waits for us: the kernel counts some 800 bytes for a short frame. */
#define RX_SOCKET_LEN	(8 * 1024 * 1024)

/* The kernel takes VLAN tags out of what it received. */
#define VLAN_TAG_LEN	4
#define RX_FRAME_LEN	9216

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING	23
#endif

struct rx_slot {
	_Alignas(struct cmsghdr)
	unsigned char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	unsigned char tag_room[VLAN_TAG_LEN];
	unsigned char frame[RX_FRAME_LEN];
};

struct packet {
	struct host_iface iface;
	int fd;
	struct iovec tx_parts[TX_BATCH];
	struct mmsghdr tx[TX_BATCH];

	unsigned int rx_next;
	unsigned int rx_count;
	struct iovec rx_parts[RX_BATCH];
	struct mmsghdr rx[RX_BATCH];
	struct rx_slot rx_slots[RX_BATCH];
};

static int set(struct packet *packet, int level, int option, int value)
{
	return setsockopt(packet->fd, level, option, &value, sizeof(value));
}

static int attach(struct packet *packet)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = packet->iface.index,
	};

	/* No protocol: nothing is received until it is clear from where. */
	packet->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
			    0);
	if (packet->fd < 0)
		return host_iface_failed(&packet->iface,
					 "open a packet socket on", errno);

	/* Without these it works too, only slower or with more to receive. */
	if (set(packet, SOL_PACKET, PACKET_QDISC_BYPASS, 1))
		uk_pr_info("sending through the queueing discipline\n");
	if (set(packet, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1))
		uk_pr_info("what other programs send is received\n");
	if (set(packet, SOL_SOCKET, SO_RCVBUFFORCE, RX_SOCKET_LEN)
	    && set(packet, SOL_SOCKET, SO_RCVBUF, RX_SOCKET_LEN))
		uk_pr_info("a small receive buffer\n");

	if (set(packet, SOL_PACKET, PACKET_AUXDATA, 1)
	    || bind(packet->fd, (const struct sockaddr *)&address,
		    sizeof(address)))
		return host_iface_failed(&packet->iface, "bind to", errno);
	return 0;
}

static void prepare(struct packet *packet)
{
	unsigned int i;

	for (i = 0; i < TX_BATCH; i++) {
		packet->tx[i].msg_hdr.msg_iov = &packet->tx_parts[i];
		packet->tx[i].msg_hdr.msg_iovlen = 1;
	}
	for (i = 0; i < RX_BATCH; i++) {
		packet->rx_parts[i].iov_base = packet->rx_slots[i].frame;
		packet->rx_parts[i].iov_len = RX_FRAME_LEN;
		packet->rx[i].msg_hdr.msg_iov = &packet->rx_parts[i];
		packet->rx[i].msg_hdr.msg_iovlen = 1;
		packet->rx[i].msg_hdr.msg_control =
			packet->rx_slots[i].control;
		packet->rx[i].msg_hdr.msg_controllen =
			sizeof(packet->rx_slots[i].control);
	}
}

static int packet_open(const char *spec, void **state)
{
	struct packet *packet;
	int rc;

	packet = calloc(1, sizeof(*packet));
	if (!packet) {
		uk_pr_err("device=" USAGE ": no memory\n");
		return -ENOMEM;
	}
	packet->fd = -1;
	prepare(packet);
	rc = host_iface_open(&packet->iface, USAGE, spec,
			     spec ? strlen(spec) : 0);
	if (!rc)
		rc = host_iface_find(&packet->iface);
	if (!rc)
		rc = host_iface_wait(&packet->iface);
	if (!rc)
		rc = attach(packet);
	if (rc) {
		if (packet->fd >= 0)
			close(packet->fd);
		host_iface_close(&packet->iface);
		free(packet);
		return rc;
	}
	*state = packet;
	return 0;
}

static int packet_hwaddr(void *state, uint8_t mac[6])
{
	struct packet *packet = state;

	return host_iface_hwaddr(&packet->iface, mac);
}

static unsigned int packet_mtu(void *state)
{
	struct packet *packet = state;

	return host_iface_mtu(&packet->iface);
}

static int packet_xmit(void *state, const struct host_frame frames[],
		       unsigned int count)
{
	struct packet *packet = state;
	unsigned int i;
	int sent;
	int rc;

	count = MIN(count, TX_BATCH);
	for (i = 0; i < count; i++) {
		/* Nothing is written through this pointer. */
		packet->tx_parts[i].iov_base =
			(void *)(uintptr_t)frames[i].data;
		packet->tx_parts[i].iov_len = frames[i].len;
	}
	sent = sendmmsg(packet->fd, packet->tx, count, MSG_DONTWAIT);
	if (unlikely(sent < 0)) {
		/* The interface's queue or the socket's buffer is full. */
		if (errno != EAGAIN && errno != ENOBUFS && errno != EINTR)
			return host_iface_failed(&packet->iface, "send on",
						 errno);
		sent = 0;
	}
	rc = host_iface_moved(&packet->iface, sent);
	return rc ? rc : sent;
}

/* What a frame had on the wire and the kernel gives apart. */
static const struct tpacket_auxdata *vlan_tag(struct msghdr *message,
					      struct tpacket_auxdata *aux)
{
	struct cmsghdr *header;

	for (header = CMSG_FIRSTHDR(message); header;
	     header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level != SOL_PACKET
		    || header->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(aux, CMSG_DATA(header), sizeof(*aux));
		if (aux->tp_status & TP_STATUS_VLAN_VALID)
			return aux;
	}
	return NULL;
}

static void put_be16(unsigned char *bytes, uint16_t value)
{
	bytes[0] = (unsigned char)(value >> 8);
	bytes[1] = (unsigned char)value;
}

static ssize_t rx_fill(struct packet *packet)
{
	unsigned int i;
	int got;

	/* The kernel wrote how much of them it used. */
	for (i = 0; i < packet->rx_count; i++)
		packet->rx[i].msg_hdr.msg_controllen =
			sizeof(packet->rx_slots[i].control);
	packet->rx_next = 0;
	packet->rx_count = 0;

	got = recvmmsg(packet->fd, packet->rx, RX_BATCH,
		       MSG_DONTWAIT | MSG_TRUNC, NULL);
	if (got < 0 && errno != EAGAIN && errno != EINTR)
		return host_iface_failed(&packet->iface, "receive on", errno);
	packet->rx_count = got > 0 ? (unsigned int)got : 0;
	return got > 0;
}

static ssize_t packet_recv(void *state, void *buf, size_t room)
{
	struct packet *packet = state;
	struct tpacket_auxdata aux;
	struct mmsghdr *message;
	unsigned char *frame;
	ssize_t rc;
	size_t len;

	if (packet->rx_next == packet->rx_count) {
		rc = rx_fill(packet);
		if (rc <= 0)
			return rc;
	}
	message = &packet->rx[packet->rx_next];
	frame = packet->rx_slots[packet->rx_next].frame;
	packet->rx_next++;

	len = message->msg_len;
	if (len >= 2 * ETH_ALEN && vlan_tag(&message->msg_hdr, &aux)) {
		frame -= VLAN_TAG_LEN;
		memmove(frame, frame + VLAN_TAG_LEN, 2 * ETH_ALEN);
		put_be16(frame + 2 * ETH_ALEN,
			 aux.tp_status & TP_STATUS_VLAN_TPID_VALID
			 ? aux.tp_vlan_tpid : ETH_P_8021Q);
		put_be16(frame + 2 * ETH_ALEN + 2, aux.tp_vlan_tci);
		len += VLAN_TAG_LEN;
	}
	if (len <= room && message->msg_len <= RX_FRAME_LEN)
		memcpy(buf, frame, len);
	else if (len <= room)
		len = room + 1;
	return (ssize_t)len;
}

static int packet_close(void *state)
{
	struct packet *packet = state;

	close(packet->fd);
	host_iface_close(&packet->iface);
	free(packet);
	return 0;
}

const struct host_backend host_backend_packet = {
	.name = "packet",
	.usage = USAGE,
	.summary = "send and receive on an interface, through a packet socket",
	.open = packet_open,
	.xmit = packet_xmit,
	.recv = packet_recv,
	.close = packet_close,
	.mtu = packet_mtu,
	.hwaddr = packet_hwaddr,
};
