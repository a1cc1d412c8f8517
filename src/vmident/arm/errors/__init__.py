"""Turn error responses from Azure into `vmident.errors`, with advice."""
