"""An own checksum with the name of an emitted function."""

from codegen.model import HEADER, Checksum, Fill, Header, OwnAlgorithm, Packet, UInt

OWN = OwnAlgorithm("csum_add", 8, len, "")
FORMAT = Packet("p", Header("h", (UInt("a", 8, Checksum(HEADER, OWN)),)) / Fill())
