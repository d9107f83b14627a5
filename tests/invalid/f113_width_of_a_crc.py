"""A CRC of 15 bits in a field of 16."""

from codegen.model import HEADER, Checksum, Fill, Header, Packet, UInt, crc

H = Header("h", (UInt("crc", 16, Checksum(HEADER, crc("CRC-15/CAN"))),))
FORMAT = Packet("p", H / Fill())
