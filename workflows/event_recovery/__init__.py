"""Finding the events that GitHub sent and the bot did not receive."""
