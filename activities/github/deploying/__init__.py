"""Deployments to an environment of GitHub: made once, waited for, and rolled back to the last one that succeeded."""
