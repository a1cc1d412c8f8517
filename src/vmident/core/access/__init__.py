"""Who can act as a managed identity, and what the identity can do: decided from role assignments, as values."""
