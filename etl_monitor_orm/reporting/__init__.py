"""What programs report that know a process and a task by name, and no more: which run, which step, which words."""
