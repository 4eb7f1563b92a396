"""A scripted model server: the HTTP of model providers, with answers from a file. It runs as a process of its own."""
