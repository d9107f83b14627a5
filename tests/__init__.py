"""The tests mirror the package; folders are for what needs more than Python."""
