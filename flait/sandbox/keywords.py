"""STOP, START and HELP as Twilio itself handles them for a number, and who has stopped which number.

Only a whole text that is one of the words counts: "stop please" goes to the program behind the number like any other.
"""

import threading
from collections.abc import Mapping

from flait.sandbox.twilio_messages import WHATSAPP

KINDS = ("twilio", "none", "advanced")

WORDS: Mapping[str, str] = {
    **dict.fromkeys(("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"), "STOP"),
    **dict.fromkeys(("START", "UNSTOP", "YES"), "START"),
    **dict.fromkeys(("HELP", "INFO"), "HELP"),
}

ANSWERS: Mapping[str, str] = {
    "STOP": "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe.",
    "START": "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
    "HELP": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}


class Keywords:
    """Who has stopped whom. `kind` is how the number is set up:

    twilio    Twilio answers on SMS and refuses later texts at once; nobody does on WhatsApp
    advanced  Twilio answers on both, tells the program which keyword it was, and refuses later texts afterwards
    none      nobody answers and nothing is refused
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._lock = threading.Lock()
        self._stopped: set[tuple[str, str]] = set()

    def meaning(self, body: str, person: str) -> str | None:
        """STOP, START or HELP when Twilio handles this text itself."""
        if self.kind == "none" or (self.kind == "twilio" and person.startswith(WHATSAPP)):
            return None
        return WORDS.get(body.strip().upper())

    def take(self, meaning: str, sender: str, person: str) -> str | None:
        """Do it. Twilio's answer; none where nothing changes, and no help for who has stopped the number."""
        with self._lock:
            stopped = (sender, person) in self._stopped
            if meaning == "STOP":
                self._stopped.add((sender, person))
            elif meaning == "START":
                self._stopped.discard((sender, person))
        says = stopped if meaning == "START" else not stopped
        return ANSWERS[meaning] if says else None

    def refuses(self, sender: str, person: str) -> bool:
        """Whether the person has stopped this sender: a number, or a messaging service."""
        return self.kind != "none" and (sender, person) in self._stopped

    def clear(self) -> None:
        """Nobody has."""
        with self._lock:
            self._stopped.clear()
