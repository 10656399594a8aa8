"""The commands of the command line, one module for each, or for some that belong together."""
