"""What agents may spend in a repository, and what they have spent."""
