"""What touches the world: each activity does one thing to it, and may do it twice with one effect."""
