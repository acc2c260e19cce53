"""What Graph does, rule by rule, over HTTP alone: each test names the rule and where it is known from."""
