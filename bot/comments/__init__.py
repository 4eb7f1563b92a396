"""Reading slash commands out of comments."""
