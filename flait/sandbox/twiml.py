"""What Twilio makes of a program's answer to a person's text: the texts it sends, or the error it notes."""

from dataclasses import dataclass
from xml.etree import ElementTree

from flait.sandbox.courier import LARGEST_ANSWER, Response

XML = ("text/xml", "application/xml", "text/html")
UNREACHABLE, BAD_TYPE, NO_XML, TOO_LARGE = "11200", "12300", "12100", "11750"


@dataclass(frozen=True, slots=True)
class Heard:
    """The bodies to send, and Twilio's code when the answer cannot be used."""

    bodies: tuple[str, ...] = ()
    error: str | None = None


def heard(response: Response) -> Heard:
    """What the answer says. A text/plain one is texted to the person as it stands; an empty one is silence."""
    if response.status is None or response.status >= 300:
        return Heard(error=UNREACHABLE)
    if len(response.body) > LARGEST_ANSWER:
        return Heard(error=TOO_LARGE)
    content = response.body.decode("utf-8", "replace").strip()
    if not content:
        return Heard()
    if response.content_type == "text/plain":
        return Heard((content,))
    return _twiml(response.body) if response.content_type in XML else Heard(error=BAD_TYPE)


def _twiml(body: bytes) -> Heard:
    try:
        root = ElementTree.fromstring(body)  # noqa: S314  # of the program being tried, and 64 kB at most
    except ElementTree.ParseError:
        return Heard(error=NO_XML)
    if root.tag != "Response":
        return Heard(error=NO_XML)
    said = [_text(message) for message in root if message.tag in ("Message", "Sms")]
    return Heard(tuple(text for text in said if text))


def _text(message: ElementTree.Element) -> str:
    inner = message.find("Body")
    return "".join((message if inner is None else inner).itertext()).strip()
