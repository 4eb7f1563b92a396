"""What an order costs."""

DISCOUNTS = {"spring": 10, "member": 15}


def total(items: list[tuple[int, int]], code: str = "") -> int:
    """In cents: the items are (price, quantity), the code takes some percent off."""
    whole = sum(price * quantity for price, quantity in items)
    percent = DISCOUNTS[code.lower()]
    return whole - whole * percent // 100
