"""What a packet is emitted for; ``codegen/emit.py`` is the application for Unikraft."""
