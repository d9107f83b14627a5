"""Formats read from what others wrote them in: one module a source, and one that writes them."""
