"""Exports of a format to other tools: each module writes what one of them reads."""
