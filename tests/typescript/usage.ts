// What a client may write and what it may rely on, held against the types that openapi-typescript makes of the
// contract with its default settings. Compiled, never run: a line after @ts-expect-error must not compile.
import type { components, operations, paths } from "./api";

type Schemas = components["schemas"];

// --- a default is not demanded of who writes

const dial: Schemas["DialInput"] = {
  type: "interaction.dial",
  session_id: "ses_1",
  destination: "+15550100",
};
const command: Schemas["CommandInput"] = dial;
const webhook: Schemas["DeclaredWebhook"] = { url: "https://warehouse.example/trunkline" };
const replaced: Schemas["WebhookSpec"] = { url: "https://warehouse.example/trunkline", rate: { per_second: 3 } };
const patch: Schemas["WebhookPatch"] = { name: null, rate: null };
const rotation: Schemas["Rotation"] = {};
const token: Schemas["TokenRequest"] = { agent_id: "ana", platform_id: "sales", role: "facade" };
const answer: Schemas["Answer"] = { needinfo_id: "ask_1" };
const page: NonNullable<operations["list_events"]["parameters"]["query"]> = { after: 4, type: ["interaction.*"] };

// @ts-expect-error: what is needed is demanded
const nowhere: Schemas["DialInput"] = { type: "interaction.dial", session_id: "ses_1" };
// @ts-expect-error: a field that there is not is refused
const misspelt: Schemas["DialInput"] = { ...dial, callerid: "+15550101" };
// @ts-expect-error: of a closed set
const role: Schemas["TokenRequest"] = { ...token, role: "agent" };

// --- what may be left out is not promised to who reads

declare const record: Schemas["CommandRecord"];
const attempts: number = record.attempts ?? 0;
// @ts-expect-error: it is left out where it has its default
const promised: number = record.attempts;
declare const interaction: Schemas["Interaction"];
// @ts-expect-error: likewise
const muted: boolean = interaction.muted;
declare const events: Schemas["EventPage"];
const first: Schemas["Event"] | undefined = events.events[0];
// @ts-expect-error: there may be none
const gap: Schemas["Gap"] = events.gap;

// --- what is always there may be relied on

const id: string = record.id;
const cursor: number = events.cursor;
declare const view: Schemas["WebhookView"];
const order: "interaction" | "strict" | "none" = view.order;
const next: string | undefined = ({} as Schemas["Webhooks"]).next;
declare const notice: Schemas["Readiness"];
const notes: Record<string, string> = notice.notes;

// --- an event is known by its type, a result by its outcome

function told(event: Schemas["Event"]): string {
  switch (event.type) {
    case "interaction.created":
      return event.interaction.id;
    case "webhook.exhausted":
      return event.delivery_id;
    default:
      return event.type;
  }
}
function came(result: Schemas["Result"]): string {
  return result.outcome === "failed" ? result.code : result.outcome;
}

// --- refusals are problems, at every address

type Refused = paths["/v1/commands"]["post"]["responses"][401]["content"]["application/problem+json"];
const title: (problem: Refused) => string = (problem) => problem.title;
type Made = paths["/v1/stream-tickets"]["post"]["responses"][201]["content"]["application/json"];
const ticket: (made: Made) => string = (made) => made.ticket;

export {
  answer, attempts, came, command, cursor, first, gap, id, misspelt, muted, next, notes, nowhere, order, page,
  patch, promised, replaced, role, rotation, ticket, title, token, told, webhook,
};
