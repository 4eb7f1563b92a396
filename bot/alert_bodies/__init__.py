"""What the alert sources share: how a body is verified and read, and how its text becomes short plain strings."""
