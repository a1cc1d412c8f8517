"""One module per command or command group; the folder mirrors `vmident --help`."""
