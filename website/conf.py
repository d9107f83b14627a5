"""The configuration of Sphinx; any warning fails the build (``website/__main__.py``)."""

from typing import Any

from sphinx.application import Sphinx
from sphinx.util.inspect import TypeAliasForwardRef

import codegen
from website import reference

project = "codegen"
version = release = codegen.__version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_click",
    "sphinx_copybutton",
]

html_theme = "furo"
html_title = f"codegen {version}"
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_static_path = ["static"]
html_css_files = ["site.css"]
# A file of its own for each link to the source would be a second site.
html_show_sourcelink = False

# Two hyphens are the start of an option, and no dash.
smartquotes = False
# A block of a docstring is a diagram, or C.
highlight_language = "text"
# The anchors of headings are those that GitHub gives them.
myst_heading_anchors = 3
# Examples of output, and JSON with an ellipsis, are not the language of their block.
suppress_warnings = ["misc.highlighting_failure"]
# Prompts and comments are not what a reader wants to paste.
copybutton_prompt_text = "$ "

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_type_aliases = {name: f"codegen.model.{name}" for name in reference.ALIASES}
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80

# References to what the site does not have: other packages, and names that only annotations use.
nitpick_ignore_regex = [
    ("py:.*", r"(collections|enum|fractions|hypothesis|importlib|pathlib|pytest|typing)\..*"),
    ("py:class", r"(Any|Callable|Fraction|Mapping|Path|SearchStrategy|EntryPoint)"),
]


def _signature(*event: Any) -> tuple[str | None, str | None]:
    """Return a signature, and what a function returns, as Python reads them.

    The default of a dataclass that is made anew for each instance is an empty mapping.
    """
    arguments, result = event[-2:]
    return arguments and arguments.replace("<factory>", "{}"), result


def setup(app: Sphinx) -> None:
    """Connect to the events of Sphinx."""
    app.connect("autodoc-process-signature", _signature)
    # Inside of other types, Sphinx prints the representation of an alias in place of its name.
    TypeAliasForwardRef.__repr__ = lambda self: str(self.name)
