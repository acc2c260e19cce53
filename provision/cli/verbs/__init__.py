"""One module a verb: its options, and what it does with a session."""
