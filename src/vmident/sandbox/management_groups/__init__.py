"""Microsoft.Management: management groups."""
