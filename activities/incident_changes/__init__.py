"""Recent changes: what kind of files they touch, whether they touch the place of an error, and how git lists them."""
