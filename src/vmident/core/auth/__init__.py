"""Who a token speaks for, and the tokens that the Azure CLI keeps, as values."""
