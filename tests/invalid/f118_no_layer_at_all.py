"""Nothing at all."""

from codegen.model import Packet, Stack

FORMAT = Packet("p", Stack(()))
