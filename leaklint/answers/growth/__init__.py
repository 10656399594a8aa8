"""Caches, maps, lists, queues: what makes an entry, what removes it, and how far the one covers the other."""
