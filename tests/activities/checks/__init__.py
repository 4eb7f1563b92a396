"""The checks that the product brings."""
