"""The docs site: the pages of ``docs/`` with a navigation, and a reference generated from the code.

``python -m website`` builds it, as ``make docs`` does. ``pages.py`` writes what Sphinx reads:
copies of the pages, whose links to other files of the repository are adapted, and the
reference (``reference.py``). ``offline.py`` finds what a built page would fetch from a network.
"""
