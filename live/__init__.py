"""The spine against a real tenant, cleaned up after and recorded without anything private."""
