"""What a rule may ask of a file, one module per family of leaks; `model` joins them."""
