"""The words of texted replies: how a body becomes words, and tables of what people say for what.

Nothing here knows flights, dates or replies. Words of the tables are spelled as `folded` leaves them: lower case,
without accents and apostrophes.
"""

import re
import unicodedata

from flait.core.numbers import unlinked
from flait.core.replies.disguises import unpictured

LONGEST = 1600  # characters: Twilio passes on no more of an SMS; a longer body is read as far as this

_APOSTROPHES = str.maketrans(dict.fromkeys("'`\u2019\u2018\u02bc\xb4\u2032\uff07"))
_ACCENTS = re.compile("[\u0300-\u036f]")
_EMOTICON = re.compile(r"(?<!\w)(?:<3+|[:;=]-?[)(dpo*/|\]\[])(?!\w)")
_DOLLAR = re.compile(r"[$\xa7](?=[^\W\d_])")
_SIGNS = str.maketrans(dict.fromkeys("\u0622\u0623\u0625\u0671", "\u0627") | {"\u061f": "?", "\u0131": "i"})
"""The letters of Arabic and Turkish that are written with a sign or without, and the Arabic question mark."""
_MERIDIEM = re.compile(r"(?<![^\W\d_])([ap])\.m\b\.?")
_LONG_DRAWN = re.compile(r"([^\W\d_])\1{2,}")
_TOKEN = re.compile(r"\+?[0-9]+(?:[-:./\u2044][0-9]+)*[^\W_]*|[^\W_]+|[,.!?;\n]+")
_TAPBACK = re.compile(
    r"\W{0,3}(?:(?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|removed an? [\w ]{3,20} from"
    r"|reacted \S{1,12} (?:to|with \S{1,12} to)) (?:[“”\"«]|an? (?:image|photo|movie|video|attachment|audio message))"
    r"|\W{1,12} to ?[“”\"«])"
)


def folded(body: str) -> str:
    """The body in one spelling: compatibility forms, case, accents, apostrophes and invisible marks made alike."""
    plain = unicodedata.normalize("NFKC", unpictured(body[:LONGEST]).translate(_APOSTROPHES))[:LONGEST].casefold()
    bare = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", plain)))
    visible = "".join(char for char in bare.translate(_SIGNS) if unicodedata.category(char) != "Cf")
    visible = unlinked(_DOLLAR.sub("s", visible))
    return _MERIDIEM.sub(r"\1m", _EMOTICON.sub(" 🙂 ", visible)).replace("&", " and ")


def is_tapback(text: str) -> bool:
    """Whether folded text is what phones send for a reaction, quoting us: `Liked “… STOP to end.”`"""
    return _TAPBACK.match(text) is not None


def has_picture(text: str) -> bool:
    """Whether there is an emoji or the like."""
    return any(unicodedata.category(char) == "So" for char in text)


def clauses_of(text: str) -> list[tuple[str, ...]]:
    """The words of folded text, clause by clause; abbreviations spelled out, `opt out` and its like made one word."""
    clauses: list[list[str]] = [[]]
    for token in _TOKEN.findall(text):
        if token[0] in ",.!?;\n":
            clauses.append([])
        else:
            clauses[-1].append(_spelled_out(token))
    return [_joined(clause) for clause in clauses if clause]


def _spelled_out(token: str) -> str:
    short = _LONG_DRAWN.sub(r"\1", token) if token.isalpha() else token
    return ALIASES.get(short, short)


def _joined(clause: list[str]) -> tuple[str, ...]:
    words: list[str] = []
    for word in clause:
        one = JOINED.get((words[-1], word)) if words else None
        words[-1:] = [one] if one else [*words[-1:], word]
        size = next((size for size in (4, 3, 2) if tuple(words[-size:]) in UNMUTE_PHRASES), 0)
        words = [*words[:-size], "unmute"] if size else words
    return tuple(words)


def words_of(words: str) -> frozenset[str]:
    """The words of a table."""
    return frozenset(words.split())


def phrases_of(*texts: str) -> frozenset[tuple[str, ...]]:
    """Every phrase of a template: `stop/end alerts/texts` is four."""
    found: set[tuple[str, ...]] = set()
    for text in texts:
        phrases: list[tuple[str, ...]] = [()]
        for choice in text.split():
            phrases = [(*phrase, word) for phrase in phrases for word in choice.split("/")]
        found.update(phrases)
    return frozenset(found)


ALIASES = {
    "pls": "please", "plz": "please", "plse": "please", "pleas": "please", "svp": "please", "bitte": "please",
    "porfavor": "please", "thx": "thanks", "tks": "thanks", "tnx": "thanks", "u": "you", "ur": "your", "r": "are",
    "msgs": "messages", "msg": "message", "txts": "texts", "txt": "text", "txting": "texting", "untill": "until",
    "till": "until", "til": "until", "tmrw": "tomorrow", "tmr": "tomorrow", "tmw": "tomorrow", "tomorow": "tomorrow",
    "tommorow": "tomorrow", "tommorrow": "tomorrow", "2morrow": "tomorrow", "2moro": "tomorrow", "tonite": "tonight",
    "2nite": "tonight", "2day": "today", "weds": "wed", "gonna": "going", "wanna": "want", "flt": "flight",
    "canceled": "cancelled", "unmuted": "unmute", "unmuting": "unmute", "unmutes": "unmute", "unmut": "unmute",
    "umute": "unmute", "ummute": "unmute", "unmtue": "unmute", "unmuet": "unmute", "inmute": "unmute",
}  # fmt: skip

JOINED = {
    ("do", "not"): "dont", ("on", "time"): "ontime", ("take", "off"): "takeoff", ("taking", "off"): "takeoff",
    ("took", "off"): "departed", ("taken", "off"): "departed", ("opt", "out"): "optout",
    ("opting", "out"): "optout", ("opt", "in"): "optin", ("un", "subscribe"): "unsubscribe", ("un", "stop"): "unstop",
    ("stop", "all"): "stopall", ("un", "track"): "untrack", ("un", "mute"): "unmute", ("any", "more"): "anymore",
    ("flight", "alerts"): "alerts", ("flight", "updates"): "updates", ("text", "messages"): "messages",
    ("text", "message"): "message", ("text", "alerts"): "alerts", ("sms", "messages"): "messages",
    ("dont", "track"): "untrack", ("dont", "follow"): "untrack", ("sounds", "good"): "agreed",
    ("turn", "off"): "disable", ("switch", "off"): "disable",
    ("por", "favor"): "please", ("first", "one"): "first",
    ("second", "one"): "second", ("third", "one"): "third", ("1st", "one"): "first", ("2nd", "one"): "second",
    ("3rd", "one"): "third",
}  # fmt: skip

_MUTES = "mute/mutes/muting/muted/silencing/silence/snoozing/snooze"
_ENDING = "stop/stopp/end/cancel/quit/disable/remove/lift/undo/no/drop/clear/kill/dont/never/finish"
UNMUTE_PHRASES = phrases_of(
    f"{_ENDING} {_MUTES}", f"{_ENDING} the/this/that/my/your/any/all/being/to/more {_MUTES}",
    f"stop with the {_MUTES}", f"stopall {_MUTES}", "stop being quiet/silent",
    f"takeoff/disable the {_MUTES}", f"takeoff {_MUTES}", "take/get me off mute",
    "mute/mutes/muting/snooze/silence off",
)  # fmt: skip
"""UNMUTE in other words, however much they sound like STOP."""

# Courtesies around what is meant

GREETINGS = words_of("please hi hello hey hiya yo dear flait bot morning evening just kindly sir")
INTERJECTIONS = words_of("ok okay yes yeah yep great cool nice perfect thanks so well hmm oh um and then sorry")
OPENINGS = phrases_of(
    "can/could/would/will you", "good morning/afternoon/evening/day", "thank you", "id like to", "i would like to",
    "i want to", "i need to", "can/could/may i",
)  # fmt: skip
ENDINGS = phrases_of("please", "thanks", "thank you", "now", "right now", "asap", "cheers", "flait", "for me", "again")
POLITE = GREETINGS | words_of("now asap good day afternoon")
AGREEING = words_of("ok okay okey okie k kk y yep yeah yup sure alright fine deal agreed")
THANKING = words_of(
    "thanks thank ty tysm cheers merci danke gracias grazie obrigado obrigada lol haha hahaha lmao rofl ha hehe "
    "great cool nice perfect awesome excellent amazing wonderful brilliant lovely wow yay good love super sweet "
    "xo x xx xoxo best np no nope nah noted understood got helpful appreciated xd"
)
SMALL_TALK = POLITE | words_of(
    "you so much very it that a lot the is are well done job this was for your help i appreciate really the many "
    "and all of welcome sounds to know too works problem worries nothing"
)
COURTESIES = SMALL_TALK | AGREEING | THANKING

# Leaving for good

TWILIO_STOPS = words_of("stop stopall unsubscribe cancel end quit revoke optout")
TWILIO_STARTS = words_of("start yes unstop")
TWILIO_HELPS = words_of("help info")
PLAIN_STOPS = words_of(
    "stop stopall unsubscribe optout unsub stopp arret arreter arretez arrete desabonner desabonnement desinscrire "
    "abmelden abbestellen afmelden"
)
"""Words that mean no more texts wherever a sentence begins with them."""

STOPS = PLAIN_STOPS | words_of(
    "cancel end quit disable revoke cease desist enough spam alto pare parar basta baja detener cancelar salir stoppen "
    "aufhoren schluss halt ende ophouden pararme"
)
EVERYDAY_STOPS = STOPS - PLAIN_STOPS
"""Words of everyday talk: no wish where they are all that is asked, `quit?`"""
STOPS |= frozenset(
    folded(word)  # the scripts below have look-alikes of Latin letters, on purpose
    for word in ("стоп", "отписаться", "хватит", "停止", "退订", "退訂", "停", "取消", "ストップ", "配信停止",
                 "수신거부", "중지", "그만", "توقف", "إيقاف", "الغاء")
)  # fmt: skip

NOUNS = "texts/text/messages/message/sms/alerts/alert/updates/notifications/notification/spam/pings/calls/reminders"
GERUNDS = (
    "texting/messaging/sending/contacting/bothering/spamming/calling/writing/alerting/notifying/pinging/emailing/"
    "harassing/annoying/disturbing/updating"
)
VERBS = "text/message/contact/call/bother/sms/write/alert/notify/send/spam/update/disturb/ping/email"
STOP_PHRASES = phrases_of(
    "unsubscribe", "optout", "stopall", "unsub", f"stop/quit {GERUNDS}", f"stop/cancel/end/quit/disable {NOUNS}",
    f"stop/cancel/end/quit/disable the/these/those/all/your/my/this/any/sending {NOUNS}",
    "stop it/this/that/now/everything",
    f"no more {NOUNS}", f"no further {NOUNS}", f"dont/never/not {VERBS} me", "dont send any/more/these/anymore",
    f"dont want/need {NOUNS}", f"dont want/need these/any/your/more/the {NOUNS}",
    "dont want/need this/these/any anymore",
    "dont want anymore", f"dont want/need anymore {NOUNS}", "dont want to receive/get/hear",
    "no longer want/wish/need",
    "remove/delete/unsubscribe/erase/forget me", "take/get me off", "opt me out", "want out", "leave me alone",
    "take/remove/delete/lose/forget/erase my number/phone/name/data/account", "wrong number/person", "go away",
    "fuck/piss/bugger/buzz off", "shut up", "be quiet", "not interested", "this is spam", "make it stop",
    "want/need it/this/these/them to stop",
    "revoke/withdraw consent", "revoke/withdraw my consent", f"turn/switch {NOUNS} off",
    f"turn/switch the/these/those/all/your/my {NOUNS} off", "turn/switch it/this/these/them off",
    "end/cancel/stop subscription/service", "end/cancel/stop my/the/this subscription/service", "no mas",
    "no quiero mas", "deja/dejen de", "dar/darme de baja", "plus de messages/sms/message", "me/se desabonner",
    "ne plus recevoir", "keine nachrichten/sms mehr", "hor auf", "pare de", "nao quero mais", "non voglio piu",
    "never at night/day or/nor day/night", "never day/night or/nor night/day",
    "i/ive/have/already texted/sent/said/replied/wrote/typed stop",
)  # fmt: skip

NEGATIONS = words_of("dont not never")
KEEP_PHRASES = phrases_of(
    "dont/not/never stop/stopall/unsubscribe/cancel/quit/end", "dont want to stop/unsubscribe/stopall/cancel/quit",
    "dont want you to stop/stopall",
)  # fmt: skip
"""Wishes to go on, which no stop word in them can turn round."""
LONGEST_PHRASE = max(map(len, STOP_PHRASES | KEEP_PHRASES))

PLACES = words_of("in at over by near between via off along")
"""After `stop`, talk of a journey: `stop in Denver`."""

TRACKING = words_of("tracking following watching monitoring")
STOP_NUMBERED = TRACKING | words_of(
    "flight flights number no nr alerts texts updates messages for the about on from and"
)
"""What may stand between `stop` and the number of a flight on the list."""

AROUND_STOP = POLITE | INTERJECTIONS | words_of(
    "no i im ive id you want need would could can will like told said asked tell to for really make them how do must "
    "ffs wtf fuck fucking damn god omg seriously already but guys let us be able trying wish all these texts messages "
    "alerts help me my nope nah reply replied replying text texted send sent type typed write wrote say saying word "
    "sms message"
)  # fmt: skip
AFTER_STOP = AROUND_STOP | STOPS | frozenset(f"{NOUNS}/{GERUNDS}".split("/")) | words_of(
    "everything it this that those the your from any anymore more further immediately right at once forever completely "
    "entirely number phone whatsapp list subscription service good ever again thanks via by on"
)  # fmt: skip

# What else is asked for

STARTS = words_of("start unstop subscribe resubscribe optin restart")
START_PHRASES = phrases_of(
    "sign me up", "opt me in", f"turn/switch on the/my/your {NOUNS}", f"turn/switch on {NOUNS}",
    f"turn/switch {NOUNS} on",
)  # fmt: skip
AFTER_START = AFTER_STOP - STOPS | STARTS

HELPS = words_of("help info commands command menu")
HELP_PHRASES = phrases_of(
    "what can you do", "how does this/it work", "what can i say/text/send/do", "what do i do/say/text/send",
    "list commands", "i need help", "need help", "get help", "show commands", "show me the commands",
    "what are the/your commands",
)  # fmt: skip

WHO_PHRASES = phrases_of(
    "who/whos this/texting/writing/dis", "who are/is you", "who you", "who is/are this/it/that/texting/writing",
    "who is texting/messaging/writing me", "who sent this/me/these", "who sent me this", "who am i talking to",
    "who runs/owns/sends this/it/these", "who is this from", "who is behind this", "whose/which/what number is this",
    "what is/are flait/this/these", "whats flait/this", "what is this number/about", "what are these texts/messages",
    "do i know you", "why do i get/receive this/these", "why am i getting/receiving this/these",
    "why do i get/receive this/these texts/messages/alerts",
    "why am i getting/receiving this/these texts/messages/alerts", "how did/do you get/have my number",
    "who gave you my number", "who set this up", "are you a bot/robot/human/person", "is this a bot/robot",
    "who is flait", "who is this number",
)  # fmt: skip

MINE_WORDS = words_of("it its mine")
MINE_PHRASES = phrases_of("my/our/the/this/that flight/plane/trip")
MINE_FILLERS = MINE_WORDS | words_of("my our the this that flight plane trip number nr")

LISTING = words_of("list l flights")
AROUND_LIST = LISTING | words_of(
    "my all our the of me show give get see what whats which are is i am im have do you we us tracking following "
    "tracked watching flight current upcoming saved many how"
)  # fmt: skip

GATE_WORDS = words_of("gate gates terminal")
BAGS_WORDS = words_of("bag bags baggage luggage belt carousel suitcase suitcases reclaim")
WHEN_WORDS = words_of(
    "when whens time times departs depart departure departing leave leaves leaving takeoff eta etd arrive arrives "
    "arrival arriving land lands landing board boards boarding schedule"
)  # fmt: skip
ASKED_WORDS = words_of(
    "status stat s update updates news late delayed delay delays ontime landed cancelled departed left arrived "
    "boarded diverted early airborne air happened"
)  # fmt: skip
PEOPLE = words_of(
    "he she they hes shes theyre him her them his their son sons daughter daughters wife husband mom mum mommy mummy "
    "mother dad daddy father parents brother sister friend friends boyfriend girlfriend partner boss kid kids child "
    "children baby grandma grandpa granny grandmother grandfather grandparents aunt uncle cousin nephew niece family "
    "guest guests colleague people everyone"
)
"""Whom somebody waits for: `when does my son land`."""

AROUND_STATUS = MINE_FILLERS | PEOPLE | words_of(
    "is are was a an i im am we were where wheres how hows what whats which tell give show check get know me us "
    "does do did didnt isnt been if why has have had hasnt will be going to go of for on at in about any there yet "
    "still today up out with and or claim change changed changes new want need should can could would airport flying "
    "taking booked right expected supposed much long from latest current please already running now "
    "come comes coming came pick meet here home air"
)  # fmt: skip
ASKING = words_of("where wheres how hows coming")
WHERE = words_of("where wheres")
WHOM_OR_WHAT = PEOPLE | words_of("plane flight go pick meet")
"""With `where`, what somebody asks for who names no flight: `where is he`, `where do i pick her up`."""
STATUS_COMMANDS = words_of("status stat s update")
AFTER_PLACE = GATE_WORDS | words_of("belt carousel")

AROUND_TRACK = words_of(
    "a and flight flights number on for me my the this plus also then please us of day departing leaving too tracking "
    "following watching both add track it i im am we are is flying taking booked with"
)  # fmt: skip
AROUND_LEG = (AROUND_TRACK - words_of("leaving departing")) | words_of("one leg i mean")
AROUND_UNTRACK = MINE_FILLERS | words_of("tracking following watching from list my on for please")
AROUND_MUTE = MINE_FILLERS | words_of(
    "for all everything me alerts alert texts messages notifications updates about from the an next just oclock"
)
AROUND_SHARE = MINE_FILLERS | words_of(
    "with to and as a the for on someone friend who is will be tel phone number mobile cell whatsapp"
)
AROUND_CHOICE = words_of("and option number nr choice choose pick take the i want ill go with plus them of both")

NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
COUNTED = NUMBERS | {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
AFTER_UNDO = words_of("that it this last the my")

LATER = {
    "lang": "lang", "language": "lang", "budget": "budget", "pause": "pause", "resume": "resume", "who": "who",
}  # fmt: skip
AROUND_WHY = MINE_FILLERS | words_of(
    "why did do you flait text texted texting send sent tell told telling write wrote me i was am were get got getting "
    "be been about for last message messages texts alert alerts sms notification warning"
)
ASKED_WHY = words_of("why")
CONNECTING = words_of("connect connection connections connecting trip trips")
ALTERNATIVES = words_of("alt alts alternative alternatives rebook rebooking")
OTHER_FLIGHTS = phrases_of("other/another/different flight/flights", "next/later flights")
AROUND_ALTERNATIVES = AROUND_STATUS | words_of(
    "other another different flights flight later next options option which take can could instead same route day "
    "onto onward something else list"
)
LATER_WITH_ANYTHING = words_of("lang language")
AROUND_LATER = MINE_FILLERS | frozenset(NOUNS.split("/")) | words_of("clock format for to all")

# Reading flight numbers written with a space

AIRLINES_TOO = words_of("as am at by to it me no ok or up go oh etd on us if")
"""Words that are airlines' codes as well: with a space before the number, only three digits or more make a flight."""
LONE_AIRLINES = words_of("as am on us")
"""Those that are one when they and a number are the whole text."""

_ORDINARY = words_of(
    "in on of is if my we us up be do go hi an he so oh the and for not are was you all get got now out its has had "
    "who why how day let one two six ten may can did off new yet old add our his her she him too any ago but max min "
    "via per row top age low car bus way say see set put run end use ask bit far few big bad sat sun mon tue wed "
    "thu fri jan feb mar apr jun jul aug sep oct nov dec"
)
_NEVER_COUNTED = words_of("ha lot")
"""Hawaiian and LOT: no number follows them as words."""

WORDS_NOT_AIRLINES = (
    _ORDINARY | GREETINGS | INTERJECTIONS | AGREEING | THANKING | SMALL_TALK | AROUND_STOP | AFTER_STOP | HELPS
    | AROUND_LIST | GATE_WORDS | BAGS_WORDS | WHEN_WORDS | ASKED_WORDS | AROUND_STATUS | AROUND_TRACK | AROUND_MUTE
    | AROUND_SHARE | AROUND_CHOICE | ALTERNATIVES
) - AIRLINES_TOO - _NEVER_COUNTED  # fmt: skip


def wants_no_texts(words: tuple[str, ...]) -> bool:
    """Whether a clause, stripped of courtesies and values, asks for no more texts. In doubt it does."""
    if not words or holds(words, KEEP_PHRASES):
        return False
    if len(words) == 1:
        return words[0] in STOPS
    if words[0] in _TEXTING and words[1] in PLAIN_STOPS:
        return wants_no_texts(words[1:])
    if words[0] in PLAIN_STOPS and words[1] not in PLACES:
        return True
    closing = words[-2] in _CLOSING and words[-1] in PLAIN_STOPS and len(words) > 2  # `he has landed so stop`
    return closing or _is_plea(words) or holds(words, STOP_PHRASES, unless_after=NEGATIONS)


_CLOSING = words_of("so then")
_TEXTING = words_of("reply text send")  # as our own texts have it: `Reply STOP never to hear from us`


def spells_stop(words: tuple[str, ...]) -> bool:
    """`S T O P`."""
    return len(words) > 2 and all(len(word) == 1 for word in words) and "".join(words) in STOPS


def _is_plea(words: tuple[str, ...]) -> bool:
    """`I told you to stop this right now`: nothing but pleading around a stop word."""
    at = next((index for index, word in enumerate(words) if word not in AROUND_STOP), len(words))
    return words[at : at + 1] != () and words[at] in STOPS and all(word in AFTER_STOP for word in words[at + 1 :])


def holds(
    words: tuple[str, ...], phrases: frozenset[tuple[str, ...]], *, unless_after: frozenset[str] = frozenset()
) -> bool:
    """Whether one of the phrases stands somewhere among the words."""
    return any(
        words[at : at + size] in phrases
        for at in range(len(words))
        if not (at and words[at - 1] in unless_after)
        for size in range(1, LONGEST_PHRASE + 1)
    )
