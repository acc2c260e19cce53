"""What the project's own work needs and no user: it is in no wheel."""
