"""The directory's rules: what creating, changing and deleting an object does, and what it refuses."""
