"""Real packets on real interfaces, in network namespaces of their own."""
