"""codegen: packet generators for Unikraft unikernels, derived from a packet model.

A person writes a packet and a buffer strategy in Python; layout, oracle, C,
validation and a running program are derived from these two.
"""

__version__ = "0.1.0"
