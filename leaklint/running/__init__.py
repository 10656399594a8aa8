"""From many files to one outcome: handing out, keeping, joining."""
