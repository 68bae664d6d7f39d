"""Twilio: texts out, people's texts and receipts in."""
