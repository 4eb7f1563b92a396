"""Takes an order, as the service's one request."""

from shop.pricing import total


def handle(order: dict) -> dict:
    """The receipt of an order with `items` and perhaps a `code`."""
    items = [(item["price"], item["quantity"]) for item in order["items"]]
    return {"total": total(items, order.get("code", "")), "count": sum(quantity for _, quantity in items)}
