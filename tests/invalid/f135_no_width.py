"""A CRC of more bits than a number in C has."""

from codegen.model import CRC, HEADER, Bytes, Checksum, Default, Fill, Header, Packet, UInt

CRC82 = CRC("CRC-82/DARC", 82, 0x308C0111011401440411)
H = Header("h", (UInt("crc", 64, Checksum(HEADER, CRC82)), Bytes("b", Default(b"abc"))))
FORMAT = Packet("p", H / Fill())
