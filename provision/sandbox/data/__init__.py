"""Facts as data: Microsoft's own principals and the permissions they offer."""
