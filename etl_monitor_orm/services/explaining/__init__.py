"""Why a process stands as it does on a date: findings, each of them about one row."""
