"""Judging what was seen: rights, drift, expiry, and the ladder that proves that mail flows."""
