"""The packet layer in the Linux kernel: frames are made, sent, received and parsed by XDP programs.

The emitted ``<format>.c`` is compiled to BPF as it is. ``src/packet.bpf.c`` has the programs
around it, and the other files of ``src/`` are the loader: a process that loads them with
libbpf and reports what they did, with the arguments and the result of every platform.
"""
