"""Requests to handlers: routes, API versions and authorization."""
