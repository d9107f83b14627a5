"""``python -m codegen`` is the same as the command ``codegen``."""

from codegen.cli import main

main()
