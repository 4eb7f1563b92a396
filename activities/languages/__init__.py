"""What is known of each language's projects."""
