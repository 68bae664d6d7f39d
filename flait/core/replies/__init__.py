"""What people text: from the words they send to what they want."""
