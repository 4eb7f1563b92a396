"""What `autobuild demo` shows, one module a part: everything is real but GitHub, which is simulated."""

PARTS = ("gate", "migrate", "patch", "issue", "incident")
