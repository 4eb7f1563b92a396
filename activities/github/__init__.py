"""GitHub: its resources as activities, and the client with its tokens, rate limits and errors."""
