"""Names in the order of the alphabet."""


def sort_key(name: str) -> str:
    """For `sorted`."""
    return name.lower()
