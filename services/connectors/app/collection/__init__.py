"""Collecting: what to read now, reading it completely, and doing so again when it is due."""
