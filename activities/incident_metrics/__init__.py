"""Metrics by Prometheus' HTTP API: which series a service has, and what of them is worth looking at."""
