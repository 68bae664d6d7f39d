"""The name of a gate, a terminal, a belt, without the words of the field and short enough for a text.

`GATE 12` is `12`: the text says "gate" itself. What stays too long is left out; it is never cut to another's name.
"""

import re
import unicodedata
from typing import Final

LONGEST: Final = 6  # characters of a name that people find on a sign


def _bare(word: str) -> str:
    """Without accents."""
    marks = unicodedata.normalize("NFD", word.replace("\u0131", "i"))
    return unicodedata.normalize("NFC", "".join(char for char in marks if not unicodedata.combining(char)))


_WORDS: Final = (
    # English, and the abbreviations airports send
    "gate gates terminal terminals term terml tml concourse satellite pier bay stand position parking remote belt "
    "belts carousel carrousel baggage bag bags claim reclaim luggage hall halls door exit level number num no nr "
    "building area zone "
    # German, Dutch, the Nordic languages
    "flugsteig ausgang halle gepackband gepackausgabe gepack band bander bereich nummer aankomsthal vertrekhal "
    "bagageband bagage uitgang utgang terminalen vej porten port portti lahtoportti terminaali hihna "
    # French, Spanish, Italian, Portuguese, Romanian
    "porte portes aerogare tapis bagages quai embarquement salle numero puerta puertas porta cinta cintas equipaje "
    "equipajes recogida embarque muelle sala cancello cancelli uscita uscite nastro nastri bagagli imbarco molo portao "
    "portoes esteira esteiras tapete tapetes bagagem poarta banda "
    # Polish, Czech, Slovak, Hungarian, Croatian, Slovenian
    "bramka bramki wyjscie tasma tasmy bagazu bagaz karuzela brana vychod pas pasy zavazadla kapu kijarat szalag "
    "izlaz izhod vrata traka trak "
    # Turkish, Greek, Russian, Ukrainian, Bulgarian
    "kapi kapilar bagaj bandi konveyor pyli exodos πυλη εξοδος τερματικος ιμαντας терминал выход гейт лента зал вихід "
    "стрічка термінал изход врата "
    # Arabic, Hebrew, Chinese, Japanese, Korean
    "بوابة صالة مبنى سير שער טרמינל 登机口 登機門 登机门 航站楼 航廈 行李转盘 行李轉盤 转盘 搭乗口 "
    "ゲート ターミナル 터미널 탑승구 게이트"
)
FIELD_WORDS: Final = frozenset(_bare(word.casefold()) for word in _WORDS.split())
"""What says no more than the text says anyway."""

_RUN: Final = re.compile(r"[^\W_]+|[\W_]+")
_GLUED: Final = tuple(  # `gate12`, `gateb7`
    map(re.compile, (r"([^\W\d_]{4,}|[^\W\d_a-z]+)([0-9]+[a-z]?)", r"([^\W\d_]{4,}|[^\W\d_a-z]+)([a-z][0-9]+[a-z]?)"))
)


def short_label(text: str | None) -> str | None:
    """The name alone, in capitals, at most LONGEST characters; None where there is none, or none that fits.

    Two names that differ by more than words of the field, case, blanks and punctuation never become one. The same
    again for what it returns.
    """
    runs = _RUN.findall(unicodedata.normalize("NFKC", text or "").casefold())
    words = [(word, runs[index - 1] if index else "") for index, word in enumerate(runs) if word[0].isalnum()]
    name = _joined([(kept, before) for word, before in words if (kept := _without_field_word(word))])
    return name.upper() if name.isascii() and 0 < len(name) <= LONGEST else None


def _without_field_word(word: str) -> str:
    if _bare(word) in FIELD_WORDS:
        return ""
    parts = (glued.fullmatch(word) for glued in _GLUED)
    return next((part[2] for part in parts if part and _bare(part[1]) in FIELD_WORDS), word)


def _joined(words: list[tuple[str, str]]) -> str:
    """`C 12` is C12; `1/2` and `1 2` stay apart, for 12 is another belt."""
    name = left = ""
    for word, between in words:
        one_name = not left or (left.isalpha() and word.isdigit()) or (left.isdigit() and word.isalpha())
        name += ("" if one_name else _mark(between)) + word
        left = word
    return name


def _mark(between: str) -> str:
    sign = between.strip()
    return sign if sign == "-" else "/" if sign else " "
