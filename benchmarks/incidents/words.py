"""Words that generated services, files and log lines are named with."""

from typing import Final

_SERVICES = """
    cart catalog checkout payments shipping orders users accounts search ads currency email recommendations inventory
    pricing reviews stock billing invoices ledger fraud profiles sessions login tokens media images upload feed timeline
    messages notifications push sms geo maps routes stations trains seats tickets travel food delivery warehouse
    suppliers reports audit metrics-api settings flags coupons loyalty gifts returns support chat
"""
_THINGS = "order item user session price stock token route seat ticket review image"
_STEMS = "handlers models views client pricing store queue helpers Orders Service routes index main"

GATEWAY: Final = "gateway"
SERVICES: Final = tuple(_SERVICES.split())
THINGS: Final = tuple(_THINGS.split())
STEMS: Final = tuple(_STEMS.split())
