"""Servers as a deployment has them for its metrics, logs and alerts; and a service that they watch."""
