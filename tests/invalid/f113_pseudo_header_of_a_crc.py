"""A pseudo header for a checksum that has none."""

from codegen.formats.ethernet import ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.model import HEADER, Algorithm, Checksum, Fill, Header, Packet, UInt

H = Header(
    "h",
    (UInt("crc", 32, Checksum(HEADER, Algorithm.CRC32, pseudo_header=True)),),
    numbers={"ip_protocol": 253},
)
FORMAT = Packet("p", ETHERNET / IPV4 / H / Fill())
