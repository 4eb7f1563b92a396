"""What `/patch` is asked for on a pull request, and the answers in its threads."""
