"""The sandbox as a server of its own: certificates, administrators, controls, and how clients find it."""
