"""`/patch`: what people ask for in a pull request, and what became of it."""
