"""The managed identities of Azure virtual machines, as a command-line tool."""
