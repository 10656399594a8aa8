"""What the tree means: names and places, uses, types, and the ways through a function."""
