"""The Jinja2 templates of the emitted application; a package so that they ship in the wheel."""
