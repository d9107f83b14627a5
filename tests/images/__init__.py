"""Unikraft images: built from a real tree, booted, and watched from outside."""
