"""The one address that a command-line agent reaches: the calls of its model, with a key that it never sees."""
