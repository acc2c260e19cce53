"""Contract tests of the sandbox: each states a rule of the real service and its source."""
