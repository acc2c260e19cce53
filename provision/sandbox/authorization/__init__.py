"""Who may do what: the table of rights, and the check by it."""
