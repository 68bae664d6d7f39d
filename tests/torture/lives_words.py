"""Every wording of a text that the campaign knows, and the reader who goes through them.

`read` gives the facts of one text; what it cannot read stands in `unread`, so that new words are noticed.
"""

import re
from typing import Final

from flait.core.values import replace
from tests.torture import lives_facts as does
from tests.torture.lives_reader import (
    AT,
    DATE,
    LABEL,
    LATE,
    OLD,
    PLACE,
    SPAN,
    TERM,
    TOWN,
    WEEKDAY,
    ZONE,
    Reader,
    Said,
    named_day,
    time_,
)


def read(body: str, reader: Reader) -> Said:
    """What the words say."""
    said, rest, reader = Said(), body, replace(reader, on=named_day(body, reader.now))
    arriving = _is_about_arrival(body, reader.role)
    for pattern, tells in WORDS:
        match = pattern.search(rest)
        while match:
            tells(said, match, reader, arriving)
            rest = f"{rest[: match.start()]} ~ {rest[match.end() :]}"
            match = pattern.search(rest)
    said.unread = " ".join(re.sub(r"[~.,:;]", " ", rest.replace(reader.number, " ")).split())
    return said


def _is_about_arrival(body: str, role: str) -> bool:
    """Whether a gate or terminal in it is the one of arrival: once it flies, and for those who wait there."""
    flies = re.search(
        r"(?<!that it )landed|took off|Took off|[Aa]t the gate [A-Z][A-Za-z]|in the air|[Bb]ags at|DIVERTED|Taxiing|(?<!MISSED )[Aa]t [A-Z]{3}: ",
        body,
    )
    leaves = re.search(
        r"plane is here:|plane changed:|GATE CHANGE|gate assigned|TERMINAL CHANGE|leaves from|returned to the gate|NOT taken off",
        body,
    )
    return not leaves and (bool(flies) or role != "traveler")


NEW_TERMINAL: Final = r"(?:,? \(?(?:Terminal |T)(?:(?P<term_old>[A-Z0-9]{1,8})->)?(?P<term>[A-Z0-9]{1,8})\)?)?"
ITS_TERMINAL: Final = (
    r"(?: \(T(?P<term>[A-Z0-9]{1,8})\)|, Terminal (?:(?P<term_old>[A-Z0-9]{1,8})->)?(?P<term_2>[A-Z0-9]{1,8}))?"
)

THEN: Final = r"[A-Z][A-Z0-9]\d{1,4}"
WHERE: Final = rf"(?:gate {LABEL}(?:, Terminal [A-Z0-9]{{1,8}})?|Terminal [A-Z0-9]{{1,8}})"
PLANE_IS: Final = rf"[A-Z0-9]+ [A-Z]{{3}}-[A-Z]{{3}} (?:(?:arrives|lands|landed|was due) {AT.replace('NAME', 'there')}(?:, no report that it landed)?|has not left, its own plane is late)"

WORDS: Final[tuple[tuple[re.Pattern[str], does.Does], ...]] = tuple(
    (re.compile(pattern), told)
    for pattern, told in (
        # what one look alone has shown
        (
            r"(?:Seen once, not|Nor) confirmed: (?:(?=(?P<plane>its plane|another plane|the plane))|(?P<words>[^.]*))",
            does.seen_once,
        ),
        (r"No more live data this month", does.nothing),
        (r"It is not cancelled", does.fact(cancelled=False)),
        (r"It is not diverted", does.fact(diverted_to="")),
        (r"It goes to [A-Z]{3}(?=\.)|The connection is OK", does.nothing),
        # what they go on with
        (
            rf"(?i:connection) (?P<state>OK|TIGHT|AT RISK) at [A-Z]{{3}}, (?:(?P<left>{SPAN}) to )?(?P<then>{THEN})",
            does.connection,
        ),
        (rf"CONNECTION (?P<state>NOT MISSED) after all at [A-Z]{{3}}(?=.*?, (?P<then>{THEN}) left )", does.connection),
        (rf"CONNECTION (?P<state>MISSED) at [A-Z]{{3}}(?=.*?, (?P<then>{THEN}) (?:left|dep|from) )", does.connection),
        (
            rf"Connection to (?P<then>{THEN}) is (?P<state>OK|TIGHT|AT RISK|MISSED|NOT MISSED after all)(?:, (?P<left>{SPAN}))?",
            does.connection,
        ),
        (rf"Next: (?P<then>{THEN}) dep {OLD}{time_('at')}(?:, {WHERE})?", does.next_leaves),
        (rf"(?:(?<=, )|(?<=: ))(?P<then>{THEN}) (?:dep|left) {OLD}{time_('at')}", does.next_leaves),
        (rf"{THEN} from {WHERE}|Ask about {THEN} too", does.nothing),
        (rf"(?P<then>{THEN}) (?:arr|lands) {time_('at')}(?=\.)", does.next_arrives),
        (rf"{THEN} boards about {time_('at')}", does.nothing),
        (rf"(?<=: )landed {time_('at')}(?=,\s+~)", does.is_down),
        # the plane
        (rf"[Ii]ts plane (?:is late|was late {SPAN} ago): expect {time_('at')} or later", does.expected),
        (rf"Plane seen {SPAN} ago", does.nothing),
        (
            rf"plane is late: {PLANE_IS}(?: \({SPAN} late\))?",
            does.fact(plane="late"),
        ),
        (rf"Airline still says {time_('at')}", does.dep),
        (rf"Expect {time_('at')} or later", does.expected),
        (
            rf"plane will be in time: {PLANE_IS}(?: \({SPAN} late\))?|[Ii]ts plane will be in time|[Nn]o report that its plane has landed",
            does.fact(plane="over"),
        ),
        (rf"(?<= )plane: (?=.*no report that it landed){PLANE_IS}", does.fact(plane="over")),
        (rf"plane is here: {PLANE_IS}|[Ii]ts plane is here", does.fact(plane="here")),
        (
            rf"plane changed: (?:now {PLANE_IS}(?: \({SPAN} late\))?|which one comes is not known yet)|[Aa]nother plane flies it now|plane was to come with [A-Z0-9]+ [A-Z]{{3}}-[A-Z]{{3}}, which is (?:CANCELLED|DIVERTED): another may come|[Tt]he plane that was late does not come",
            does.fact(plane="swap"),
        ),
        (
            rf"Its plane, [A-Z0-9]+, (?:arrives|lands|was due) {time_('at')}(?:, no report that it landed)?(?: \(seen {SPAN} ago\))?",
            does.nothing,
        ),
        # a subscription
        (r"^Tracking (?=[A-Z0-9])", does.fact(tracked=True)),
        (
            r"\bsaved\. Live tracking starts 2 days before; (?:you will hear from us then|we text you then)",
            does.fact(pending=True),
        ),
        (r"\bsaved(?=: dep )", does.fact(pending=True)),
        (
            rf", was \d{{1,2}}:\d\d(?:[ap]m)?(?: (?:UTC\S*|[A-Z]{{3,4}}))?(?: [A-Z][a-z]{{2}})?(?: \({SPAN} (?:late|early)\))?(?=[;.,])",
            does.nothing,  # old
        ),
        (r"Live tracking starts 2 days before; we text you then\.|We text you 2 days before\.", does.nothing),
        (
            r"^Flait(?: flight alerts(?: for [^:]+)?)?:|Flait(?: flight alerts)?\.$|Flait(?: flight alerts)?\. (?=Msg|Set)",
            does.nothing,
        ),
        (
            r"Set up by [^.]*|We text when it (?:takes off and )?lands|We tell you if it (?:is on again|goes on)",
            does.nothing,
        ),
        (rf"in the air since {time_('at')}", does.in_the_air_since),
        (
            rf"\bwas to leave {time_('at')}(?: and (?:arrive|land) {time_('there')})?, (?:no report that it left|no new time yet)",
            does.no_new_time,
        ),
        (rf"\bwas to leave {time_('at')}", does.dep),
        (rf"\band (?:arrive|land) {time_('at')}", does.arr),
        (rf"\bwas to (?:arrive|land) {PLACE} {time_('at')}", does.lands),
        (rf"\bwas to (?:arrive|land) {time_('at')}", does.arr),
        (r"no report (?:yet )?that it (?:left|landed)", does.nothing),
        (rf"\bback at {PLACE}(?: {time_('at')})?(?:, not [A-Z]{{3}})?", does.landed_elsewhere),
        (rf", (?:leaves )?({SPAN}) (?:late|early)[:,]", does.lateness("any")),
        (r"leaves EARLIER:", does.nothing),
        (rf"(?:\d{{4}}-\d\d-\d\d |{DATE} )?is (?:NOT tracked|not tracked yet): .*", does.fact(failed=True)),
        (rf"of {DATE} .*: not tracked\. Reply TRACK [A-Z0-9]+ for the next", does.fact(failed=True)),
        # what stands above all
        (r"the airline shows it CANCELLED\. We tell you if that changes", does.fact(cancelled=True)),
        (rf"{DATE}(?: {time_('at')})? is CANCELLED|is CANCELLED|^CANCELLED", does.fact(cancelled=True)),
        (r"(?<=Last: )CANCELLED|still CANCELLED", does.fact(cancelled=True)),
        (r"is ON AGAIN(?:, not cancelled)?", does.fact(cancelled=False)),
        (r"NO LONGER DIVERTED: (?=landed|at the gate)", does.fact(diverted_to="")),
        (r"NO LONGER DIVERTED\. It goes to (?P<place>[A-Z]{3}) as planned", does.undiverted),
        (rf"NO LONGER DIVERTED(?:: (?:arrives|lands) {PLACE}(?: about {time_('at')})?)?", does.undiverted),
        (rf"now (?:arrives|lands) {PLACE} about {OLD}{time_('at')}", does.lands_there),
        (rf"DIVERTED: landed {PLACE}(?: {time_('at')})?, not [A-Z]{{3}}", does.landed_elsewhere),
        (rf"DIVERTED to {PLACE}(?:, not [A-Z]{{3}})?:?", does.diverted),
        (r"DIVERTED: not going to [A-Z]{3} as planned", does.fact(diverted_to="?", lands_at="")),
        (r"DIVERTED, new airport not known yet", does.fact(diverted_to="?", lands_at="")),
        (r"DIVERTED, (?=landed)", does.fact(diverted_to="?")),
        (rf"^DIVERTED: (?=.* {DATE}, )", does.nothing),
        (rf"(?:It )?now goes to {TOWN}, not [A-Z]{{3}}", does.rerouted),
        (r"goes on ([A-Z]{3})-([A-Z]{3})", does.goes_on),
        (r"(?:It )?ends at another airport", does.fact(ends="?")),
        (rf"(?:It )?ends at {TOWN}(?:; ask the airline[^.]*)?", does.named("ends")),
        (rf"Ask the airline how (?:you|passengers) get to {TOWN}", does.nothing),
        (r"We look for its flight on(?: to [A-Z]{3})?", does.nothing),
        (rf"\b([A-Z]{{3}})-([A-Z]{{3}})\b(?: {DATE})?", does.route),
        # silence
        (rf"No word on [A-Z0-9]+(?: since {time_('at')})?[.,]?", does.no_word),
        (
            r"No report that [A-Z0-9]+ has (left|landed|taken off), and we stop watching it now",
            does.named("stale"),
        ),
        (r"No report that [A-Z0-9]+ has (left|landed)(?: [A-Z]{3})?:?", does.named("stale")),
        (r"Fresh word on [A-Z0-9]+:?", does.fact(stale="")),
        (
            rf"(?:It )?(?P<what>left the gate|took off|landed|is at the gate) {PLACE} {time_('at')}, not \d\d:\d\d",
            does.corrected,
        ),
        # how far it is
        (r"(?:It )?has NOT left the gate after all", does.fact(phase="scheduled", taken_back="out")),
        (r"(?:It )?has NOT taken off after all", does.fact(phase="scheduled", taken_back="off")),
        (rf"\bleft the gate {time_('at')}(?: \({SPAN} ago\))?, not taken off yet", does.left),
        (r"(?:It )?has NOT landed after all", does.fact(phase="off", taken_back="on")),
        (
            r"(?:It )?returned to the gate(?: at [A-Z]{3})?(?:: now(?= dep| left))?",
            does.fact(phase="scheduled", returned=True),
        ),
        (rf"(?:It )?left the gate {PLACE} {time_('at')}(?:, not taken off yet)?", does.left),
        (rf"[Tt]ook off(?: from)? {PLACE}(?: {time_('at')})?{LATE}", does.happened("off", None)),
        (rf"[Ll]anded {PLACE}(?: {time_('at')})?{LATE}(?:, not [A-Z]{{3}})?", does.happened("on", "lands_at")),
        (
            r"[Ll]anded (?P<at>\d\d:\d\d) UTC(?: (?P<day>[A-Z][a-z]{2}))?, airport not known yet",
            does.happened_somewhere("on"),
        ),
        (
            r"(?:is )?[Aa]t the gate (?P<at>\d\d:\d\d) UTC(?: (?P<day>[A-Z][a-z]{2}))?, airport not known yet",
            does.happened_somewhere("in"),
        ),
        (
            rf"(?:is at|[Aa]t) the gate {PLACE}(?!\w)(?: {time_('at')})?{LATE}(?:, not [A-Z]{{3}})?",
            does.happened("in", "lands_at"),
        ),
        (r"in the air", does.fact(phase="off")),
        (rf"(?<=, )at the gate about {time_('at')}(?: \({SPAN} (?:late|early)\))?", does.arr),
        (rf"(?:[Ll]ands|[Aa]rrives) {PLACE} about {time_('at')}{LATE}(?:, on time)?{TERM}", does.lands),
        (r"[Nn]o new (?:landing )?time yet", does.nothing),
        # what time alone has brought
        (rf"(?:It )?(?P<what>leaves|[Aa]rrives|[Ll]ands)(?: {PLACE})? in (?P<left>{SPAN}):?", does.left_until),
        (r"Time to go to [A-Z]{3}", does.fact(leave=True)),
        (r"Check-in is usually open now", does.fact(checkin=True)),
        (r"[Bb]oards now|No gate yet|Gate not posted yet: check the board", does.nothing),
        (rf"(?<=[.] )(?P<late>{SPAN}) (?P<way>late|early)(?=[.])", does.stands_late),
        (r"(?<=[.] )On time(?=[.])", does.fact(on_time=True)),
        (rf"As of {time_('at')}", does.nothing),
        # besides
        (rf"\b(?:arrives|lands) about {time_('at')}", does.arr),
        (r"was the last word|Check the airline's page", does.nothing),
        (r"Gate is still changing: check the board|Now(?= dep| arr)|Taxiing to(?= gate)", does.nothing),
        (r"Last: |[Cc]heck the board|We keep trying", does.nothing),
        # times
        (r"no estimate any more: plan for(?= dep| arr| takes| lands)", does.nothing),
        (rf"\b(?:[Dd]ep|[Tt]akes off) {OLD}{time_('at')}", does.dep),
        (rf"\b(?:[Aa]rr|[Ll]ands) {OLD}{time_('at')}{LATE}", does.arr),
        (rf"(?:[Bb]oards about|[Bb]e at the gate by) (?P<at>\d\d:\d\d)(?: (?:{ZONE}))?(?: {WEEKDAY})?", does.boards),
        (r"Board now|It boards now", does.fact(boards="")),
        (rf"\bdelayed ({SPAN})", does.lateness("any")),
        (rf"\bnow ({SPAN}) late", does.lateness("any")),
        (rf"\bdelay cut to ({SPAN})", does.lateness("any")),
        (rf"\(({SPAN}) late\)", does.lateness("dep")),
        (rf"\b(?:Was(?: told)?|Earlier) ({SPAN})(?: delay is cleared)?", does.was),
        (r"back on time|, on time|later again, still early:", does.fact(on_time=True)),
        (rf"(?:{DATE} )?moved by the airline, {SPAN} (?:EARLIER|LATER)", does.fact(moved=True)),
        (r"(?:leaves|arrives) EARLIER", does.nothing),
        # places
        (r"[Aa]t [A-Z]{3}: (?=gate|Terminal)", does.nothing),
        (
            rf"[Gg]ate (?P<gate>{LABEL}), Terminal (?P<term>[A-Z0-9]{{1,8}}) are no longer shown",
            does.both_gone,
        ),
        (rf"(?P<what>[Gg]ate|[Tt]erminal|[Bb]elt) (?P<label>{LABEL}) (?:is )?no longer shown", does.gone),
        (r"[Bb]ags at [A-Za-z]+: +(?=~)", does.nothing),
        (
            rf"GATE CHANGE (?P<gate_old>{LABEL})->(?P<gate>{LABEL}){NEW_TERMINAL}(?: [A-Z]{{3}}\b)?",
            does.gates,
        ),
        (r"TERMINAL CHANGE (?P<term_old>[A-Z0-9]{1,8})->(?P<term>[A-Z0-9]{1,8})(?: [A-Z]{3}\b)?", does.gates),
        (rf"gate assigned: (?P<gate>{LABEL})(?:, Terminal (?P<term>[A-Z0-9]{{1,8}}))?, [A-Z]{{3}}\b", does.gates),
        (r"leaves from Terminal (?P<term>[A-Z0-9]{1,8}), [A-Z]{3}\b", does.gates),
        (rf"bags at [A-Za-z]+: belt (?:(?P<old>{LABEL})->)?(?P<belt>{LABEL}){TERM}", does.belt),
        (rf"Bags: belt (?:(?P<old>{LABEL})->)?(?P<belt>{LABEL}){TERM}", does.belt),
        (r"Gate later|gate later", does.nothing),
        (
            rf"[Gg]ate (?:(?P<gate_old>{LABEL})->)?(?P<gate>{LABEL}){ITS_TERMINAL}",
            does.gates,
        ),
        (r"Terminal (?:(?P<term_old>[A-Z0-9]{1,8})->)?(?P<term>[A-Z0-9]{1,8})", does.gates),
        # what it says besides
        (
            r"Ask the airline (?:now )?to rebook you|Reply ALT for other flights|Check with the airline that your booking stands",
            does.nothing,
        ),
        (
            r"Ask (?:who flies|your traveler) for the new flight|Ask the airline what that means for you|Ask the airline whether you fly on with it|Ask your traveler (?:if they fly on it|where to meet)|Ask the airline(?! how)|We tell you where",
            does.nothing,
        ),
        (
            r"We keep tracking it|Next text when it lands|Check connections|It may still leave earlier: stay near",
            does.nothing,
        ),
        (r"The new airport is not known yet; we tell you when it is", does.nothing),
        (r"Go now if not at [A-Z]{3}|Terminal change: allow extra time", does.nothing),
        (r"Allow extra time|Msg rates may apply|STOP to end|departure time not known", does.nothing),
    )
)
