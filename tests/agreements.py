"""What people agreed to, as tests write it: `asked; whatsapp: said so`."""

from flait.core.messages import Channel
from flait.core.subscriptions import Address


def addresses(phone: str, consent: str) -> tuple[Address, ...]:
    """The addresses of somebody with that number; a note that names no channel is of SMS."""
    notes = [note.rpartition(": ") for note in consent.split("; ") if note]
    return tuple(
        Address(channel=Channel(channel) if channel else Channel.SMS, value=phone, consent=how)
        for channel, _, how in notes
    )
