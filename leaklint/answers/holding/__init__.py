"""Resources that objects hold in attributes: what their class does to release them."""
