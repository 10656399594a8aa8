"""The checked project: its settings, its files, its history."""
