"""How an answer goes wrong."""

from collections.abc import Mapping

from simulator.model.protocols import ErrorAnswer

_ERRORS: Mapping[str, ErrorAnswer] = {
    "unauthorized": ErrorAnswer(
        401,
        "Incorrect API key provided.",
        ("invalid_request_error", "invalid_api_key", "authentication_error", "UNAUTHENTICATED"),
    ),
    "model_not_found": ErrorAnswer(
        404,
        "The model does not exist or you do not have access to it.",
        ("invalid_request_error", "model_not_found", "not_found_error", "NOT_FOUND"),
    ),
    "rate_limited": ErrorAnswer(
        429,
        "Rate limit reached for requests.",
        ("requests", "rate_limit_exceeded", "rate_limit_error", "RESOURCE_EXHAUSTED"),
    ),
    "error": ErrorAnswer(500, "The server had an error.", ("server_error", "", "api_error", "INTERNAL")),
    "overloaded": ErrorAnswer(529, "Overloaded", ("server_error", "", "overloaded_error", "UNAVAILABLE")),
    "context_too_long": ErrorAnswer(
        400,
        "prompt is too long: this model's maximum context length is 8192 tokens.",
        ("invalid_request_error", "context_length_exceeded", "invalid_request_error", "INVALID_ARGUMENT"),
    ),
    "no_tools": ErrorAnswer(
        400, "The model does not support tools.", ("api_error", "", "invalid_request_error", "INVALID_ARGUMENT")
    ),
}


def bad_request(message: str) -> ErrorAnswer:
    """A request that the server does not understand, or that its script has no answer to."""
    words = ("invalid_request_error", "", "invalid_request_error", "INVALID_ARGUMENT")
    return ErrorAnswer(400, f"Scripted model: {message}", words)


def error_of(fault: str, *, anthropic: bool) -> ErrorAnswer | None:
    """None for what is no error with a status. Only Anthropic has 529."""
    found = _ERRORS.get(fault)
    if found and found.status == 529 and not anthropic:
        return ErrorAnswer(503, found.message, found.words)
    return found
