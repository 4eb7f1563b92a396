"""GitHub behind our own nouns: the only room that mints tokens, and it keeps them."""
