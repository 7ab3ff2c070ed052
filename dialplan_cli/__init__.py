"""The `dialplan` command: check, publish, explain and roll back dial plans."""
