"""An emitted application as a unikernel: its image is built, booted and listened to.

``image`` builds it from a Unikraft tree (:mod:`codegen.unikraft`), ``qemu`` and
``linuxu`` are the machines that boot it, ``console`` reads how it fared, and ``guest``
puts them together: one unikernel, or a pair on a bridge.
"""
