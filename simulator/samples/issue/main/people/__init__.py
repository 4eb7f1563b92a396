"""Names of people as parts of a page."""
