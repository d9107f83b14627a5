"""A polynomial with its highest term written out."""

from codegen.model import CRC, HEADER, Checksum, Default, Fill, Header, Packet, UInt

CRC15 = CRC("CRC-15", 15, 0xC599)
H = Header("h", (UInt("crc", 15, Checksum(HEADER, CRC15)), UInt("b", 1, Default(0))))
FORMAT = Packet("p", H / Fill())
