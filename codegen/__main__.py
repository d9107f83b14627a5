"""``python -m codegen`` is the same as the command ``codegen``.

In a clone that is not installed, it first checks for the packages that an installation brings.
"""

import sys
from importlib.util import find_spec

absent = [name for name in ("click", "jinja2") if find_spec(name) is None]
if absent:
    print(
        f"codegen: these packages are not installed: {', '.join(absent)}; type pip install . in a "
        "clone of codegen, or make run, which installs into a virtual environment of its own",
        file=sys.stderr,
    )
    sys.exit(2)

from codegen.cli import main  # noqa: E402

main()
