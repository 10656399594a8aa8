"""What ends a resource or an object, what takes it over, and what merely borrows it."""
