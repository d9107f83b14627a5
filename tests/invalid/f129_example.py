"""Examples that are no hexadecimal digits, of another length, of other parameters, too large."""

from codegen.formats.ethernet import ETHERNET
from codegen.model import Example, Fill, Packet

FORMAT = Packet(
    "x",
    ETHERNET.bind(type=0x88B5) / Fill(),
    examples=(
        Example("00 zz"),
        Example("00" * 59, {"mac_src": "02:00:00:00:00:01"}, "too short"),
        Example("00" * 60, {"mac_src": "02:00:00:00:00:01", "ttl": 1}),
        Example("00" * 60, {"mac_src": "02:00"}),
        Example("00" * 60, {"mac_src": 1 << 48}),
        Example("00" * 60),
    ),
)
