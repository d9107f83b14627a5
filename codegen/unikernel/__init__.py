"""An emitted application as a unikernel: its image is built and booted, its console read.

``image`` builds it from a Unikraft tree (:mod:`codegen.unikraft`), ``qemu`` and
``linuxu`` are the machines that boot it, and ``console`` reads its result. ``guest``
combines them to run one unikernel, ``pair`` to run two on a bridge.
"""
