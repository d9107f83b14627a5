"""The host platform: an emitted application as a Linux program, or inside Python.

``include`` and ``src`` implement Unikraft's interface on Linux; ``build`` compiles
them together with the application, and ``library`` calls the result from Python.
"""
