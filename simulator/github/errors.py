"""What a service refuses; the API and the pages answer with it."""


class EntityNotFound(LookupError):
    """There is no such entity; the text names it."""


class Unprocessable(Exception):
    """GitHub would answer 422 with this text."""
