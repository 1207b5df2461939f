"""SQL that SQLAlchemy lacks: the MERGE statement and a few functions, compiled for each database."""
