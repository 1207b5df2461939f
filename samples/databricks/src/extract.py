"""Stands for work that knows no monitor, such as a SQL task, a pipeline or a JAR: the tasks around it report."""

print("extracted")
