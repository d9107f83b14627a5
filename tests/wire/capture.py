"""Write the next frames that an interface receives to a pcap file.

Usage: capture.py INTERFACE COUNT FILE. Prints "ready" when no frame can be missed any
more. All frames wait in memory that the kernel writes to, so that none is lost when
this process gets no time; nothing of this shares code with what is tested.
"""

from __future__ import annotations

import mmap
import socket
import struct
import sys
import time
from pathlib import Path

SOL_PACKET = 263
PACKET_RX_RING = 5
PACKET_STATISTICS = 6
PACKET_VERSION = 10
PACKET_IGNORE_OUTGOING = 23
TPACKET_V2 = 1
ETH_P_ALL = 3
TP_STATUS_VLAN_VALID = 1 << 4

SLOT = 2048
BLOCK = 65536
#: A guest is built before it sends.
TIMEOUT = 240
#: Seconds in which one frame more than expected would still come.
AFTERWARDS = 0.2


def main(interface: str, count: int, file: Path) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
        blocks = count * SLOT // BLOCK + 2
        sock.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
        sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        ring_shape = struct.pack("=4I", BLOCK, blocks, SLOT, blocks * BLOCK // SLOT)
        sock.setsockopt(SOL_PACKET, PACKET_RX_RING, ring_shape)
        with mmap.mmap(sock.fileno(), blocks * BLOCK) as ring:
            sock.bind((interface, ETH_P_ALL))
            print("ready", flush=True)
            deadline = time.monotonic() + TIMEOUT
            while not in_use(ring, count - 1) and time.monotonic() < deadline:
                time.sleep(0.02)
            time.sleep(AFTERWARDS)
            frames: list[bytes] = []
            while in_use(ring, len(frames)):
                frames.append(frame(ring, len(frames)))
        _, dropped = struct.unpack("=2I", sock.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
    if dropped:
        sys.exit(f"{dropped} frames were lost by the capture")
    with file.open("wb") as out:
        out.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for each in frames:
            out.write(struct.pack("=4I", 0, 0, len(each), len(each)) + each)


def in_use(ring: mmap.mmap, slot: int) -> bool:
    (status,) = struct.unpack_from("=I", ring, slot * SLOT)
    return bool(status & 1)


def frame(ring: mmap.mmap, slot: int) -> bytes:
    """Return a frame as it was on the wire: the kernel takes a VLAN tag out and tells it apart."""
    at = slot * SLOT
    status, _, length, start = struct.unpack_from("=3IH", ring, at)
    found = ring[at + start : at + start + length]
    if status & TP_STATUS_VLAN_VALID:
        tag, protocol = struct.unpack_from("=2H", ring, at + 24)
        found = found[:12] + struct.pack("!2H", protocol, tag) + found[12:]
    return found


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
