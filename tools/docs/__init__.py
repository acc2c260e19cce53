"""The generators of the pages that are made from the program: ``python -m tools.docs``."""
