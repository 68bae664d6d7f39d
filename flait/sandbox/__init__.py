"""Pretends to be AeroAPI and Twilio on 127.0.0.1, for demos, trials by hand and tests.

    timetable.py       the recorded flights of three days, airports, carriers
    announcements.py   what becomes known about one flight, and when
    records.py         one flight in AeroAPI's words
    scenario.py        which flights there are on any day
    cast.py            a few flights worth watching
    handmade.py        flights that a test drives by hand
    world.py           both together: what AeroAPI would know now
    aeroapi_server.py  AeroAPI's questions and answers
    twilio_server.py   Twilio's; twilio_messages.py keeps the texts
    faults.py          everything that can go wrong on the way
    ledger.py          every request, remembered
    site.py, control.py, server.py, run.py   one address for all of it

The product never imports this package, except for `flait sandbox` and `flait demo`.
"""
