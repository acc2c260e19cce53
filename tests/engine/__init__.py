"""Tables of the engine's pure functions."""
