"""Groups in groups, of more levels than Python recurses."""

from codegen.model import Default, Fill, Group, Header, Member, Packet, UInt

MEMBER: Member = UInt("x", 8, Default(0))
for level in range(3000):
    MEMBER = Group(f"g{level}", (MEMBER,))
FORMAT = Packet("p", Header("h", (MEMBER,)) / Fill())
