"""A name that would end the comment in C."""

from codegen.model import CRC, HEADER, Checksum, Fill, Header, Packet, UInt

H = Header("h", (UInt("crc", 8, Checksum(HEADER, CRC("*/ CRC", 8, 7))),))
FORMAT = Packet("p", H / Fill())
