"""Takes over tables that the Spark edition made and filled."""
