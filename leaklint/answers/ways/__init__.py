"""The ways through a function, and out of it, on which a resource is open: what may fail, and who catches it."""
