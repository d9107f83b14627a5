"""A tunnel of frames that is given something else."""

from codegen.formats.ethernet import ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.formats.udp import UDP
from codegen.formats.vxlan import VXLAN
from codegen.model import Fill, NextHeader, Packet, inner

FORMAT = Packet(
    "p",
    ETHERNET / IPV4 / UDP.bind(dst=NextHeader("udp_port")) / VXLAN / inner(IPV4 / UDP / Fill()),
)
