"""What is kept from run to run, and how files are written: whole or not at all, and never believed unseen."""
