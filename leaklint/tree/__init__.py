"""The small tree that every question is asked of, made from that of `ast`."""
