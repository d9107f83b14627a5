"""A value for an optional field, without the flag that it hangs on."""

from codegen.formats.ethernet import ETHERNET
from codegen.formats.gre import GRE
from codegen.formats.ipv4 import IPV4
from codegen.formats.udp import UDP
from codegen.model import Fill, Packet, inner

FORMAT = Packet("p", ETHERNET / IPV4 / GRE.bind(key=7) / inner(IPV4 / UDP / Fill()))
