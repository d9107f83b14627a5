"""codegen: packet generators for Unikraft unikernels, derived from a packet model.

A person writes a packet and a buffer strategy in Python; layout, oracle, C,
validation and a running program are derived from these two.
"""

from pathlib import Path

__version__ = "0.2.0"

# The package codegen.c_templates is the folder c_templates/ of a clone. setup.cfg maps it
# where codegen is installed; in a bare clone it is found beside this folder.
_HERE = Path(__file__).parent
if not (_HERE / "c_templates").is_dir():
    __path__.append(str(_HERE.parent))
