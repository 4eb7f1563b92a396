"""Finding the events that GitHub sent and nobody received."""
