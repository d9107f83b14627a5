"""The host platform: an emitted application as a Linux program, or inside Python.

``include`` and ``src`` give the application Unikraft's interface on Linux;
``build`` compiles both together and ``library`` calls the result from Python.
"""
