"""A mutation tester of the pure core: ``make mutants``. See ``tests/mutants/__main__.py``."""
