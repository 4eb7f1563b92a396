from shop.checkout import handle

SHOES = {"price": 4000, "quantity": 2}


def test_order_without_a_code():
    assert handle({"items": [SHOES]}) == {"total": 8000, "count": 2}


def test_order_with_a_code():
    assert handle({"items": [SHOES], "code": "spring"})["total"] == 7200


def test_order_of_nothing():
    assert handle({"items": []}) == {"total": 0, "count": 0}
