"""DOES: what each texted command asks for. One file per family; answer.py claims, decides whether, and stores."""
