"""What a text is made of: a headline, times, and further sentences, each with the facts it tells. Pure.

A text is composed once, for every channel: what it tells is decided then, and does not change with the way it leaves.
How it looks is the channel's affair. `one_line` is the SMS; `core/whatsapp.py` has lines and bold words.
"""

from msgspec import Struct


class Phrase(Struct, frozen=True):
    """A few words, and the facts that they tell. A sentence has its end mark, a time has none."""

    text: str
    facts: tuple[str, ...] = ()


SILENT = Phrase("")


class Headline(Struct, frozen=True, kw_only=True):
    """`Tracking` `UA1234` `SFO-EWR` `delayed 45m`: which flight it is, and what is new of it. Any part may be empty.

    A text about no flight, or one that names it within the news, has no `flight`.
    """

    opening: str = ""
    flight: str = ""
    route: str = ""
    news: str = ""
    facts: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The parts one after the other, without an end mark."""
        return " ".join(part for part in (self.opening, self.flight, self.route, self.news) if part)


NO_HEADLINE = Headline()


class Structure(Struct, frozen=True, kw_only=True):
    """A whole text in its parts. `joint` stands between headline and times where both are on one line."""

    headline: Headline = NO_HEADLINE
    joint: str = ":"
    times: tuple[Phrase, ...] = ()
    sentences: tuple[Phrase, ...] = ()

    @property
    def facts(self) -> tuple[str, ...]:
        """Everything it tells, each fact once."""
        told = (*self.headline.facts, *(fact for said in (*self.times, *self.sentences) for fact in said.facts))
        return tuple(dict.fromkeys(told))


def one_line(said: Structure) -> str:
    """`UA1234 SFO-EWR delayed 45m: dep 14:10->14:55 PST, arr 22:31->23:16 EST. Gate F12.`"""
    lead = said.headline.line
    if said.times:
        lead = f"{lead}{said.joint} {listed([time.text for time in said.times], mark=said.joint)}"
    return " ".join(part for part in (f"{lead}." if lead else "", *(each.text for each in said.sentences)) if part)


def plain(body: str) -> Structure:
    """A text of which nothing is known but its words."""
    return Structure(sentences=(Phrase(body),))


def listed(texts: list[str], *, mark: str = "") -> str:
    """`dep 14:55 PST, arr 23:16 EST`; with semicolons where one of them has a comma of that kind itself."""
    return ("; " if mark == ";" or any(", was " in text for text in texts) else ", ").join(texts)
