"""What an incident says: its comment, its pull request, its post-mortem and its report. Pure."""
