"""Values in, string out: outcomes and errors in every format; ``table`` says which draws what."""
