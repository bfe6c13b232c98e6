"""Warehouse: a receiver of webhooks that keeps every event in SQLite, once.

    SECRETS=whsec_... DATABASE=events.db PORT=9000 python warehouse.py

An event may come again: its id is the key, so that a second time changes nothing. It is answered when it is
on the disk. While the secret is being rotated, give both, with a comma between them.
"""

import os
import sqlite3

from aiohttp import web

from trunkline_client import type_of, verify_webhook
from trunkline_client.errors import SignatureError

SECRETS = os.environ["SECRETS"].split(",")
DATABASE = sqlite3.connect(os.environ["DATABASE"])
DATABASE.execute("create table if not exists events (id text primary key, type text, time text, body blob)")


async def receive(request: web.Request) -> web.Response:
    """One delivery."""
    body = await request.read()
    try:
        told = verify_webhook(request.headers, body, SECRETS)
    except SignatureError as error:
        return web.Response(status=400, text=str(error))
    if told.event is not None:  # else it is a test, or it is too large and to be read at `dataref`
        row = (told.id, type_of(told.event), told.event.time.isoformat(), body)
        with DATABASE:
            DATABASE.execute("insert or ignore into events values (?, ?, ?, ?)", row)
    return web.Response(status=204)


app = web.Application()
app.router.add_post("/trunkline", receive)
web.run_app(app, host="127.0.0.1", port=int(os.environ["PORT"]))
