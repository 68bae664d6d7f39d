"""Pretends to be AeroAPI and Twilio on 127.0.0.1, for demos, trials by hand and tests.

    timetable.py       the recorded flights of three days, airports, carriers
    announcements.py   what becomes known about one flight, and when
    records.py         one flight in AeroAPI's words
    scenario.py        which flights there are on any day
    inbound.py         the flight before: where the plane of a flight comes from
    cast.py            a few flights worth watching
    handmade.py        flights that a test drives by hand
    world.py           both together: what AeroAPI would know now
    aeroapi_server.py  AeroAPI's questions and answers
    alerts.py          its push alerts; alert_events.py knows what is pushed, watch.py does it
    twilio_server.py   Twilio's; twilio_messages.py keeps the texts, twilio_list.py lists them
    fates.py           what becomes of a text; receipts.py which callbacks follow, twilio_callbacks.py makes them
    replies.py         people text back; keywords.py and twiml.py say what Twilio makes of it
    signing.py         Twilio's signature; forgeries.py requests that only look like Twilio's
    errands.py         virtual time that passes by itself; courier.py takes requests out
    faults.py          everything that can go wrong on the way
    ledger.py          every request, remembered
    knobs.py           what may be asked for, checked
    site.py, control.py, server.py, run.py, hand.py   one address for all of it, and a phone

The product never imports this package, except for `flait sandbox` and `flait demo`.
"""
