"""Typed C: a small syntax tree that lowering builds, and its printer.

pycparser's ``c_ast`` was tried first. It has no types, so it cannot decide whether a
shift needs a cast; it has no comments, which carry each field's declaration; and its
generator parenthesizes every nested operation and does not wrap lines at 80 columns.
"""
