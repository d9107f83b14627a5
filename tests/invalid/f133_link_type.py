"""Frames of raw IP that begin with an Ethernet header."""

from codegen.formats.ethernet import ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.formats.udp import UDP
from codegen.model import Fill, LinkType, Packet

FORMAT = Packet("p", ETHERNET / IPV4 / UDP / Fill(), linktype=LinkType.RAW_IP)
