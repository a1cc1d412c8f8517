"""Scale sets, Uniform and Flexible, and the instances of Uniform ones."""
