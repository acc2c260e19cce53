"""The command line: verbs/ has one module a verb, and here stands what verbs share."""
