"""What is registered at something else: what it refers to, how often it happens, what takes it off again."""
