"""The real Azure CLI against the served sandbox; run by `nox -s interop` alone."""
