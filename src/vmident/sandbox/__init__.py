"""The other side of the wire: Azure Resource Manager's behaviour, as far as identity work meets it."""
