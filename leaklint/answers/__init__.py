"""The questions, one file each: who owns, what drives, what bounds, what releases, what takes over."""
