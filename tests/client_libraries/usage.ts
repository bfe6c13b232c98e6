// What a page may write with the JavaScript client, and rely on. Compiled, never run: what follows an
// expected error (@ts-expect-error) must not compile.
import { Trunkline, submit, verifyWebhook } from "trunkline-client";
import type { Delivered, Handler, Told } from "trunkline-client";

const t = new Trunkline("https://gateway.example", { token: async () => "eyJ" });
const handler: Handler = (question) => (question.kind === "outbound_skill" ? submit(question, { skill: "s" }) : null);

export async function pop(): Promise<string> {
  const events = t.events({ filter: { types: ["interaction.alerting"], media: ["voice"] }, snapshot: true });
  for await (const told of events) {
    switch (told.type) {
      case "interaction.alerting":
        return told.interaction.ani ?? told.agent_id ?? "";
      case "stream.gap":
        return told.resume;
      case "stream.snapshot":
        return told.interactions[0]?.id ?? "";
      default:
        // @ts-expect-error: not every event carries an interaction
        return told.interaction.id;
    }
  }
  return events.resume;
}

export async function dial(session: string): Promise<string> {
  const done = await t.run({ type: "interaction.dial", session_id: session, destination: "+1" }, { onQuestion: handler });
  // @ts-expect-error: a destination is demanded
  await t.send({ type: "interaction.dial", session_id: session });
  // @ts-expect-error: there is no such command
  await t.send({ type: "interaction.dail", session_id: session, destination: "+1" });
  const record = await t.send({ type: "interaction.hold", interaction_id: "int_1" }, { key: "1" });
  return record.result?.outcome === "failed" ? record.result.code : (done.interaction_id ?? "");
}

export async function received(request: Request, secret: string): Promise<Delivered> {
  return verifyWebhook(request.headers, await request.arrayBuffer(), [secret]);
}

export async function names(): Promise<string[]> {
  const made: string[] = [];
  for await (const session of t.sessions({ agents: ["ana"] })) made.push(session.name ?? session.agent_id);
  for await (const webhook of t.webhooks.list()) made.push(webhook.url);
  return made;
}

export const told: Told | undefined = (await t.events().next()).value;
