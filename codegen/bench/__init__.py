"""Measurements: shown to people, never asserted by a test.

A claim is a ratio of two figures from one run, measured alternately, because
machines drift; absolute figures are printed for orientation.
"""
