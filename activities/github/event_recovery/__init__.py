"""What keeps GitHub's events from being lost: the delivery log, open pull requests, closed branches."""
