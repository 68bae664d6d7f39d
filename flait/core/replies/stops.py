"""No more texts, in other words than plain English: mistyped, disguised, and in the languages people write.

In doubt a wish to be left alone is honoured; who did not mean it is told how to undo it. A word of everyday talk counts
only where it is all that was said.
"""

import re
import unicodedata
from typing import Final

from flait.core.replies.disguises import in_latin
from flait.core.replies.words import PLACES, PLAIN_STOPS, STARTS, STOPS, folded, holds, phrases_of

# Two letters changed places, one left out, doubled, or beside the right key; no word that anybody sends alone.
_MISTYPED: Final = frozenset(
    folded(
        "stpo sotp tsop tosp otsp stp sto stopo stoop sstop sttop stopl stpop stiop stoip stopt dtop atop xtop ztop "
        "wtop srop syop stip stlp stkp stol stoo stpp ctop stopit stopal stopall stoppall stopstop stopnow stopplease "
        "stop1 optou optut opout optoff stahp stawp stap"
    ).split()
)
_UNSUBSCRIBE: Final = "unsubscribe"
_ENDS: Final = "end|quit|exit|stop|stopall|cancel|unsub|unsubscribe|optout|out|leave|finish"
_GLUED: Final = re.compile(f"(?:re|reply|text|txt|send)?(?:stop|stopp|unsub)(?:2|4|to|and|or)?(?:{_ENDS})")

# Each is a whole message, or a clause of one, but for courtesies.
_ALONE: Final = {
    "English": ""
    "no more/st op/enough already/thats enough/get lost/get out/let me out/get me out/get me out of this/block/"
    "block me/unlist/unlist me/deactivate/deactivate me/discontinue/terminate/terminate service/"
    "terminate subscription/terminate this/abort/opted out/no more of this/no more of these/"
    "no longer interested/not interested anymore/i dont want this/i dont want these/i dont want it/"
    "dont want this/dont want these/dont want it/dont text/dont message/do not reply/kill it/shut it/"
    "shut it down/shut off/finish/im out/i am done/im done/done with this/i quit/go away now/not me/"
    "cancel it all/end everything/end it/end this/quit this/quit it/exit/off/nomore/kill/kill this/kill these/"
    "i never asked for this/i never asked for these/never asked for this",
    "Spanish": ""
    "fin/para/para ya/para esto/basta ya/ya basta/alto ya/deten/detente/detengan/detenganse/detener todo/"
    "fuera/eliminar/elimina/eliminame/borrar/borra/borrame/quitar/quitame/cancela/cancele/cancelen/terminar/"
    "termina/termine/dejalo/dejame/dejame en paz/dejenme en paz/desuscribir/desuscribirme/desuscribirse/"
    "anular/anula/parad/paren/dejar de recibir/no mas/no molesten/no molestar/suficiente/ya no/ya no mas/"
    "ya no quiero/ya no envien/ya no envies/no enviar/no enviar mas/no envien/no envies/cancelar suscripcion/"
    "cancelar la suscripcion/cancela la suscripcion",
    "French": ""
    "assez/ca suffit/arret/arretes/stopper/stoppe/stoppez/plus rien/je ne veux plus/annuler/annulez/resilier/"
    "resiliation/finir/fini/terminer/termine/desinscription/desinscrivez moi/desabonnez moi/desabonne/"
    "supprimer/supprimez moi/laissez moi tranquille/laisse moi tranquille/foutez moi la paix/cessez/cesse/"
    "nenvoyez plus/n envoyez plus/plus de message/annuler abonnement/annuler labonnement",
    "German": "kundigen/kundigung/abmeldung/abbestellung/beenden/beende/schluss jetzt/schluss damit/aufhoren jetzt/"
    "hort auf/hoer auf/aufhoeren/lass mich in ruhe/lasst mich in ruhe/nicht mehr/nichts mehr/genug/reicht/"
    "es reicht/austragen/abstellen/ausschalten/loschen/loeschen/abbrechen/keine mehr/stopp jetzt/weg damit/"
    "stornieren/abo kundigen/abo beenden/nicht mehr senden/nicht mehr schreiben/sendet nichts mehr",
    "Portuguese": ""
    "fim/pare/parem/para/cancela/cancele/cancelem/sair/remover/remova/excluir/exclua/chega/descadastrar/"
    "descadastre/encerrar/encerre/terminar/desinscrever/desinscreva/deixa me em paz/me deixa em paz/"
    "nao quero/nao quero mais/parar agora/apagar/nao envie/nao envie mais/nao enviem/nao enviem mais/"
    "nao mande/nao mande mais/nao mandem mais/nao enviar/cancelar inscricao/cancelar assinatura/"
    "cancelar a inscricao/cancelar a assinatura/cancelar subscricao/ja nao quero/ja chega",
    "Italian": "fermati/ferma/fermare/fermate/smetti/smettila/smettetela/smettete/annulla/annullare/disiscrivimi/"
    "disiscrizione/cancellami/cancella/rimuovi/rimuovimi/disdire/disdetta/disattiva/basta cosi/"
    "lasciami in pace/lasciatemi in pace/niente/togliti/esci/disdici/disdico/"
    "disdite/disiscrivi/disattivare/interrompi/interrompete/non inviare/non inviate/non mandare/non mandate/"
    "non scrivere/non scrivete",
    "Dutch": "stop ermee/uitschrijven/uitschrijving/opzeggen/hou op/houd op/stoppen/beeindigen/annuleren/genoeg/"
    "laat me met rust/verwijder/verwijderen/verwijder mij/afmelding/niet meer/geen berichten/einde/kappen/hou ermee op/"
    "schrijf me uit/stuur niets meer",
    "Swedish, Norwegian, Danish": ""
    "sluta/slut/slutt/avsluta/avsluta prenumeration/avsluta prenumerationen/avslutt/avslut/avmeld/avmelda/"
    "avregistrera/avregistrer/afmeld/framelding/afslut/hold op/la meg vaere i fred/lat mig vara/opphor/ophor/"
    "avbryt/avbestall/nok/ikke mer/inga fler/sag upp/hør op/hor op/stoppa/meld meg av",
    "Icelandic, Faroese": "hætta/haetta/hættu/haettu/hættið/stöðva/stodva/stöðvið/stoppaðu/afskrá/nóg komið/"
    "ekki meira/ekki senda/segja upp/steðga",
    "Finnish, Estonian": "lopeta/lopettaa/lopettakaa/peruuta/peru/poista/riittaa/lopp/lopeta viestit/loobu/loobun/"
    "ei enää/älä lähetä/älkää lähettäkö/lõpetage/peata/peatage/peatu/aitab/tühista/ära saada/ärge saatke",
    "Latvian": "beigt/beidz/beidziet/izbeigt/apturēt/apturi/pietiek/atteikties/atrakstīties/pārtraukt/pārtrauciet/"
    "nesūtīt/nesūti/nesūtiet",
    "Lithuanian": "baigti/baikite/sustabdyti/sustabdyk/sustabdykite/sustok/sustokite/stabdyti/stabdyk/atsisakyti/"
    "atsisakau/užteks/nutraukti/nutraukite/nesiųsk/nesiųskite/pakanka",
    "Albanian": "ndalo/ndaloni/ndal/mjaft/anulo/çregjistrohu/çregjistrim",
    "Catalan, Basque, Welsh, Irish, Maltese": "prou/atura/atureu/atureuvos/gelditu/nahikoa/utzi/stopio/stopiwch/"
    "dyna ddigon/ieqaf/waqqaf/biżżejjed",
    "Polish": ""
    "przestan/przestancie/zatrzymaj/wypisz/wypisz mnie/koniec/rezygnuje/anuluj/usun/dosc/wystarczy/nie pisz/"
    "nie piszcie/skoncz/zakoncz/odwolaj/zrezygnuj/zrezygnowac/rezygnacja/wylacz/wyłącz/zatrzymac/nie wysylaj/"
    "nie wysylajcie/nie wysyłaj/nie wysyłajcie/przestan pisac/wypisac",
    "Czech, Slovak": ""
    "prestan/prestante/prestat/zrusit/zrus/konec/koniec/odhlasit/odhlas/dost/staci/neposilejte/neposielajte/"
    "ukoncit/ukonci/skoncit/skonci/zastavit/zastav/zastavte/stacilo/nepiste/neposilat",
    "Hungarian": "leallit/leallitas/leiratkozas/leiratkozom/eleg/allj/vege/megse/torles/ne irjatok/ne irj/hagyd abba/"
    "hagyják abba/állítsd le/ne küldj/ne küldjetek",
    "Romanian": "opreste/opriti/oprire/dezabonare/dezabonati ma/anulare/anuleaza/ajunge/incetati/inceteaza/renunta/"
    "destul/nu mai trimite/nu mai trimiteti/dezaboneaza/dezaboneaza ma/dezabonati",
    "Croatian, Serbian, Slovenian": ""
    "zaustavi/zaustavite/prestani/prestanite/dosta/odjava/odjavi/prekini/prekinite/ustavi/nehaj/dovolj/"
    "odjavite me/otkazi/kraj/prenehaj/prenehajte/nehajte/ne salji/ne saljite/ne posiljaj/ne posiljajte/"
    "престани/престаните/доста/заустави/зауставите/одјава/откажи/сопри/сопрете",
    "Turkish": "dur/durdur/durun/iptal/iptal et/yeter/ret/cik/abonelikten cik/mesaj atma/"
    "mesaj atmayin/yazma/birak/kapat/istemiyorum/durdurun",
    "Russian": ""
    "стоп/хватит/отписка/отписаться/отпишите/отпишите меня/отмена/отменить/прекратите/прекрати/перестаньте/"
    "перестань/не пишите/не пишите мне/не пиши/не пиши мне/больше не надо/не надо/не надо больше/довольно/"
    "удалить/удалите/удалите меня/конец/отстаньте/отстань/отключить/отключите/остановить/остановите/"
    "остановись/нет больше/стой/стойте/остановитесь/не присылайте/не присылай/не шлите/не шли/"
    "не отправляйте/не отправляй/не беспокойте/отпиши/отпиши меня/отмените/отстаньте от меня",
    "Ukrainian, Belarusian": "зупинити/зупиніть/зупини/зупинись/зупиніться/стій/стійте/скасувати/скасуй/скасуйте/"
    "відписатися/відпишіть/відпишіть мене/припини/припиніть/припинити/досить/годі/не пиши/не пишіть/не надсилай/"
    "не надсилайте/не присилай/не присилайте/не турбуйте/вимкни/вимкніть/кінець/відмова/спыні/спыніце/адпісацца/годзе/"
    "хопіць",
    "Bulgarian": "спри/спрете/отказ/стига/престани/престанете/край/отпиши/отпишете/достатъчно/не пращайте/"
    "не изпращайте/не пишете",
    "Greek": "στοπ/σταματα/σταματηστε/σταματησε/τελος/ακυρωση/διαγραφη/φτανει/αρκετα/διακοπη/παυση",
    "Arabic": ""
    "توقف/توقفوا/توقف لطفا/ايقاف/اوقف/اوقفوا/قف/كفى/كفاية/خلاص/بس/الغاء/الغ/الغاء الاشتراك/لا ترسل/لا ترسلوا/"
    "لا تراسلني/احذفني/انهاء/كفايه",
    "Persian, Urdu": "لغو/بس کن/بسه/نفرست/بند کرو/بند کریں/بس کرو/روکو/روک دو/لغو اشتراک/توقف کنید",
    "Hebrew": "עצור/עצרו/הפסק/הפסיקו/די/תפסיקו/תפסיק/הסר/הסירו/הסר אותי/להסיר/ביטול/בטל/מספיק/לא מעוניין/"
    "לא מעוניינת/אל תשלח/אל תשלחו/אל תשלחי/לא לשלוח/לא לשלוח לי/תסירו אותי/תוריד אותי/תורידו אותי/אל תכתבו לי/"
    "אל תכתוב לי/עזוב אותי/עזבו אותי/די כבר",
    "Indonesian, Malay": ""
    "berhenti/berhenti kirim/hentikan/batal/batalkan/cukup/sudah cukup/jangan kirim/tamat/stop kirim",
    "Vietnamese": "dung/ngung/dung lai/huy/huy bo/tu choi/thoi/khong nhan/khong gui nua/ket thuc",
    "Hindi, Bengali in Latin": ""
    "band karo/band kar do/bandh karo/ruk jao/ruko/roko/rok do/bas/bas karo/bas kar/mat bhejo/bondho koro/"
    "thamo",
    "Swahili, Filipino": "simamisha/acheni/komesha/sitisha/tigil/itigil/tama na/ayaw ko na/hinto/ihinto",
    "Chinese": "停/停止/停发/取消/退/退订/退訂/td/qx/够了/不要了/别发了",
    "Japanese": "停止/中止/解除/とめて/止めて/やめろ/ストップ/終了/けっこうです/結構です",
    "Korean": "그만/그만해/그만해요/그만하세요/중지/정지/거부/해지/멈춰/멈춰요/취소/종료/스톱",
    "Thai": "หยุด/เลิก/ยกเลิก/พอ/พอแล้ว",
    "Hindi": "बंद/बंद करो/बंद करें/बंद कर दो/बन्द करो/रोको/रोकें/रुको/रुकें/बस/बस करो/नहीं चाहिए",
    "Bengali": "থামুন/থামো/বন্ধ/বন্ধ করুন/বন্ধ করো",
    "Tamil": "நிறுத்து/நிறுத்தவும்/போதும்",
    "Telugu": "ఆపు/ఆపండి/చాలు",
}  # fmt: skip

# Wherever they stand in a clause.
_PHRASES: Final = {
    "English": "report you/this/these/spam, reported you/this/these/spam, reporting you/this/these, "
    "block you/this/these, blocking you/this/these, blocked you, "
    "never/didnt/not sign/signed up, never/didnt/not subscribe/subscribed/consent/consented",
    "Spanish": "no me escribas/escriban/mandes/manden/envies/envien/molestes/molesten, no quiero mas/recibir, "
    "no mas mensajes/textos/sms, dejen/deja/dejad de enviar/escribir/mandar/molestar, "
    "darse/dame/denme de baja",
    "French": "ne veux plus recevoir, ne m ecrivez plus, ne mecrivez/menvoyez plus, "
    "plus de textos/sms/notifications/alertes, arretez/arrete de menvoyer/mecrire, je ne veux plus",
    "German": "keine sms/nachrichten/texte/meldungen/benachrichtigungen mehr, schreibt/schreib mir nicht, "
    "horen/hort/hor sie auf, hor/hort endlich auf, nicht mehr schreiben/senden/schicken, will nicht mehr",
    "Portuguese": "nao quero receber/mais, pare/parem/para de me/mandar/enviar, nao me mande/mandem/envie/enviem, "
    "nao envie/enviem/mande/mandem mais/mensagens/sms, "
    "me tire/tira/tirem da",
    "Italian": "non voglio ricevere/piu, niente/basta messaggi/sms/notifiche, niente piu messaggi/sms, "
    "non scrivermi/scrivetemi/mandarmi/mandatemi piu, "
    "smetti/smettete/smettila di mandarmi/scrivermi/mandare/scrivere",
    "Dutch": "geen berichten/smsjes/sms/meldingen meer, wil geen berichten/sms, stuur me niets/geen",
    "Polish": "nie chce wiecej, nie wysylajcie/wysylaj/piszcie/pisz wiecej/mi",
    "Turkish": "mesaj atma/atmayin/gönderme, mesaj istemiyorum",
    "Russian": "не присылайте/пишите/шлите больше/мне, больше не пишите/присылайте/шлите/надо, хватит писать/слать",
    "Hebrew": "אל תשלח/תשלחו/תשלחי לי/יותר/עוד, לא לשלוח לי/יותר/עוד, לא רוצה הודעות/לקבל",
    "Swedish, Norwegian, Danish": "inga fler/mer meddelanden/sms, ingen flere/mer meldinger/beskeder/sms",
}  # fmt: skip

# In writings without blanks: wherever they stand. None is a word of travel, like 取消, which a flight may be.
_INSIDE: Final = (
    "退订", "退訂", "取消订阅", "取消訂閱", "拒收", "停止发送", "停止發送", "停止短信", "停止接收",
    "不要再发", "不要再發", "别再发", "別再發", "不要发短信", "不要給我", "不要给我", "别给我发",
    "配信停止", "配信を停止", "停止してください", "登録解除", "受信拒否", "やめて", "もう送らないで",
    "送らないで", "수신거부", "수신 거부", "그만 보내", "그만보내", "보내지 마", "보내지마", "หยุดส่ง",
    "เลิกส่ง", "ยกเลิกรับ", "ยกเลิกการรับ", "मैसेज बंद", "संदेश बंद", "मत भेजो", "মেসেজ বন্ধ",
)  # fmt: skip
_MARKS: Final = frozenset("🛑🚫⛔✋📵🔕")

_CLAUSES: Final = frozenset(folded(said) for words in _ALONE.values() for said in words.split("/"))
_HELD: Final = phrases_of(*(folded(said) for words in _PHRASES.values() for said in words.split(",")))
_ANYWHERE: Final = tuple(folded(said) for said in _INSIDE)


def asks_for_silence(words: tuple[str, ...]) -> bool:
    """Whether a clause, stripped of courtesies and values, asks for no more texts in any of those ways."""
    if not words:
        return False
    if _is_disguised(words[0]) and (len(words) == 1 or words[1] not in PLACES):
        return True
    whole = "".join(words)
    if _GLUED.fullmatch(whole) or (len(words) > 2 and len(whole) == len(words) and undisguised(whole) in STOPS):
        return True  # `stop2quit`, `stop2 end`, `5 T 0 P`
    return " ".join(words) in _CLAUSES or (len(set(words)) == 1 and words[0] in _CLAUSES) or holds(words, _HELD)


def _is_disguised(word: str) -> bool:
    """Whether it is `stop` or `unsubscribe`, mistyped or in other letters."""
    plain = in_latin(word)
    return plain in _MISTYPED or (plain != word and plain in PLAIN_STOPS) or _is_nearly(plain, _UNSUBSCRIBE)


def undisguised(word: str) -> str:
    """The word; where it is one of those that mean no more texts, in other letters, that one."""
    plain = in_latin(word)
    return plain if plain in PLAIN_STOPS else word


def _is_nearly(word: str, meant: str) -> bool:
    """Whether two letters at most, in one place, stand where two others should; the opposite is not meant."""
    if word in STARTS or word == meant or not len(meant) - 2 <= len(word) <= len(meant) + 2:
        return False
    start = next((at for at, pair in enumerate(zip(word, meant, strict=False)) if pair[0] != pair[1]), len(meant))
    ends = zip(reversed(word[start:]), reversed(meant[start:]), strict=False)
    same = next((at for at, pair in enumerate(ends) if pair[0] != pair[1]), min(len(word), len(meant)) - start)
    return max(len(word), len(meant)) - start - same <= 2


def says_stop_unspaced(text: str) -> bool:
    """The same of folded text as a whole: in writings whose words are not told apart here, or by a sign alone."""
    kinds = [(char, unicodedata.category(char)) for char in text]
    said = "".join(char if kind[0] in "LMN" else " " for char, kind in kinds).split()
    signs = {char for char, kind in kinds if kind not in ("Zs", "Cc", "Mn", "Sk", "Po")}
    return " ".join(said) in _CLAUSES or any(word in text for word in _ANYWHERE) or (signs != set() and signs <= _MARKS)


# All of them, or one flight

ALL = frozenset({"all", "every", "everything", "everybody", "entirely", "completely", "altogether"})
THE_REST_TOO = frozenset({
    ("and", "everything"), ("everything", "else"), ("everything", "including"), ("and", "all"), ("all", "others"),
    ("all", "other"), ("all", "else"), ("all", "flights"), ("the", "rest"), ("the", "others"), ("the", "other"),
})  # fmt: skip
_BUT = phrases_of("all/stopall/everything/everyone/flights/others/texts but/except/besides")


def means_the_rest_too(words: tuple[str, ...]) -> bool:
    """Whether a flight is named beside everything else: `stop UA1234 and everything else`."""
    return holds(words, THE_REST_TOO)


def means_the_rest_alone(words: tuple[str, ...]) -> bool:
    """Whether the flight named is the one that is to stay: `stop everything except UA1234`."""
    return holds(words, _BUT)


def says_all(words: tuple[str, ...]) -> bool:
    """Whether a clause without a flight ends everything, whatever flight is named beside it: `please stop all`."""
    return "stopall" in words or (any(word in STOPS for word in words) and not ALL.isdisjoint(words))
