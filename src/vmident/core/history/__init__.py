"""Who changed the identities of VMs, from Resource Graph's log of changes. Knows rows as values, not who reads them."""
