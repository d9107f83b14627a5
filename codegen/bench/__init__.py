"""Measurements: shown to people, never asserted by a test."""
