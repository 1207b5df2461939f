"""The dictionary of the tables and views, made from the mapped classes."""
