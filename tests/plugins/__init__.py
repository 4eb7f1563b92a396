"""Plug-ins of third parties: one of each kind, as a file and as an installed distribution."""
