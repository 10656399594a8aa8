"""What is of any size: where it is read, decoded or loaded as a whole, and what it would have sufficed to take."""
