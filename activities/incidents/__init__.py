"""Incidents: what an alert, its evidence and a diagnosis are, and where a host keeps the data of one."""
