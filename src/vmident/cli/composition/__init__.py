"""The composition root: settings in, ports out. The only package that names `arm` and the sandbox."""
