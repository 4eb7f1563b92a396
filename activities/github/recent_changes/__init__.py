"""What was changed before an incident: commits, pull requests, deployments and releases, from git and from GitHub."""
