"""Verify an emitted application against the oracle, on values that hypothesis chooses.

``values`` draws arguments from a layout, ``contract`` compares the emitted
headers with the model, ``subject`` is the emitted C under test, and ``compare``
makes the comparisons.
"""
