"""Bot engines: others' programs that answer in our place, one module each. `registry.py` names them."""
