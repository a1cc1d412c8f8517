"""Show who changed the identities of VMs."""
