"""The seed file: what it may say, and what it adds to the sandbox."""
