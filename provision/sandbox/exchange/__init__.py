"""Exchange Online behind Graph: mailboxes, who may reach which, and sending."""
