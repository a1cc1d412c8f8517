"""The managed identities of Azure virtual machines, as a command-line tool."""

__version__ = "0.1.0"
