"""Typed C: a small tree that lowering builds, and the one printer that spells it.

pycparser's ``c_ast`` was tried first. It has no types, so whether a shift needs a cast
could not be asked of it; no comments, which carry each field's declaration; and its
generator parenthesizes every nested operation and does not know 80 columns.
"""
