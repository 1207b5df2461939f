"""What Sphinx does not do by itself; `conf.py` names each of them."""
