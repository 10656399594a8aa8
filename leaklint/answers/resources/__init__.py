"""Sessions, files, connections, locks: forms in which they are left open."""
