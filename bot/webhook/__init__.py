"""GitHub's webhook events: verified, parsed, routed and handed to Temporal."""
