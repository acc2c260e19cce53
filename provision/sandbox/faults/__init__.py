"""What goes wrong on purpose: fault injection, and the documented quotas."""
