"""Mutation tests: breaks one thing at a time in services, views and statements, and lists what no test notices."""
