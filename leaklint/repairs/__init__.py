"""What a rule says is to be changed, and the changed file."""
