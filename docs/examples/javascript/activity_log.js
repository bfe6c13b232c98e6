// Activity log: a line in a file for every interaction that is completed. None is missed while it is stopped.
//
//     TRUNKLINE_URL=http://127.0.0.1:8080 LOG=activities.jsonl node activity_log.js
//
// How far it is stands in each line, so that a line and its place are written together.

import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { env } from "node:process";
import { Trunkline } from "trunkline-client";

const lines = existsSync(env.LOG) ? readFileSync(env.LOG, "utf8").trimEnd().split("\n") : [];
const after = lines.length ? JSON.parse(lines.at(-1)).place : 0; // at first, everything that is kept
const write = (line) => appendFileSync(env.LOG, `${JSON.stringify(line)}\n`, { flush: true });

const t = new Trunkline(env.TRUNKLINE_URL, { key: env.TRUNKLINE_KEY });
const events = t.events({ filter: { types: ["interaction.completed"] }, after });

for await (const told of events) {
  const place = events.resume;
  if (told.type === "stream.gap") write({ missing_before: told.first, place });
  if (told.type === "interaction.completed") {
    const { remote_address: with_whom, connected_at, ended_at } = told.interaction;
    const seconds = connected_at && ended_at ? (Date.parse(ended_at) - Date.parse(connected_at)) / 1000 : null;
    write({ agent: told.agent_id, with_whom, seconds, place });
  }
}
