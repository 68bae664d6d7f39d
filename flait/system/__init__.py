"""What the operating system gives: files, logs, locks, the terminal, a process of one's own."""
