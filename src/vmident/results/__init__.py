"""Frozen records that use cases return; the JSON output is made from them."""
