"""Judging what was seen: rights, drift and expiry. Nothing is read or sent in here."""
