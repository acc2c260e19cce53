"""What is on the wire: a request and its answer, who makes it, and the patterns of paths."""
