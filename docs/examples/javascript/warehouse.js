// Warehouse: a receiver of webhooks that keeps every event in SQLite, once. For Node 22.13 and newer, for its SQLite.
//
//     SECRETS=whsec_... DATABASE=events.db PORT=9000 node warehouse.js
//
// An event may come again: its id is the key, so that a second time changes nothing. It is answered when it is
// on the disk. While the secret is being rotated, give both, with a comma between them.

import { createServer } from "node:http";
import { env } from "node:process";
import { DatabaseSync } from "node:sqlite";
import { buffer } from "node:stream/consumers";
import { SignatureError, verifyWebhook } from "trunkline-client";

const database = new DatabaseSync(env.DATABASE);
database.exec("create table if not exists events (id text primary key, type text, time text, body blob)");
const insert = database.prepare("insert or ignore into events values (?, ?, ?, ?)");

async function receive(request) {
  const body = await buffer(request);
  const { id, event } = await verifyWebhook(request.headers, body, env.SECRETS.split(","));
  // Without an event it is a test, or it is too large and to be read at `dataref`.
  if (event !== null) insert.run(id, event.type, event.time, body);
}

const server = createServer((request, response) => {
  receive(request).then(
    () => response.writeHead(204).end(),
    (error) => response.writeHead(error instanceof SignatureError ? 400 : 500).end(),
  );
});
server.listen(Number(env.PORT), "127.0.0.1", () => console.log(`listening on ${env.PORT}`));
