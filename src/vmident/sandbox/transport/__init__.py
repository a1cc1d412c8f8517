"""Ways into the sandbox: in process, and over HTTPS."""
