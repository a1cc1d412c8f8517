"""Names and selectors to resource ids."""
