// Screen pop: show the caller's record as soon as an agent's telephone rings.
//
//     TRUNKLINE_URL=http://127.0.0.1:8080 AGENT=ana node screen_pop.js
//
// With the snapshot it also shows what rings already when it starts, or when events were missed.

import { env } from "node:process";
import { Trunkline } from "trunkline-client";

/** In earnest, in the CRM's page: location.href = ... */
function pop(call) {
  console.log(`open https://crm.example/search?phone=${encodeURIComponent(call.remote_address ?? "")}`);
}

const t = new Trunkline(env.TRUNKLINE_URL, { key: env.TRUNKLINE_KEY });
const filter = { agents: [env.AGENT], types: ["interaction.alerting"] };

for await (const told of t.events({ filter, snapshot: true })) {
  if (told.type === "interaction.alerting") pop(told.interaction);
  if (told.type === "stream.snapshot") told.interactions.filter((one) => one.state === "alerting").forEach(pop);
}
