"""The platform xdp: needs real root, since a user namespace has no rights for BPF."""
