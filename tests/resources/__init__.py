"""The managed kinds: pure functions, by tables."""
