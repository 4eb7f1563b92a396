"""The hands: each activity does one thing to the world, and may do it twice with one effect."""
