"""Click commands, one module a verb: argv in, text and exit code out."""
