"""The deployment template that creates a VM with its network and identities."""
