// What the JavaScript client promises, tried against a real gateway: the same in Node and in a browser.
// `control(name, args)` does something to the gateway, its platform or its receiver (test_javascript.py).

import {
  CommandFailedError,
  ProblemError,
  SignatureError,
  StreamEndedError,
  Trunkline,
  cancel,
  submit,
  verifyWebhook,
} from "trunkline-client";

const NOTICES = { filter: { types: ["platform.notice"] } };
const DIAL = { type: "interaction.dial", destination: "+1" };

function equal(seen, wanted) {
  const [one, other] = [JSON.stringify(seen), JSON.stringify(wanted)];
  if (one !== other) throw new Error(`seen ${one}, wanted ${other}`);
}

async function rejected(promise, kind, fits) {
  let told;
  try {
    told = await promise;
  } catch (error) {
    if (error instanceof kind && fits(error)) return error;
    throw error;
  }
  throw new Error(`it was not refused: ${JSON.stringify(told)}`);
}

async function take(events, count) {
  const taken = [];
  while (taken.length < count) taken.push((await events.next()).value);
  return taken;
}

const codes = (told) => told.map((one) => one.code ?? one.type);

async function all(list) {
  const made = [];
  for await (const one of list) made.push(one);
  return made;
}

export const scenarios = {
  async eventsGoOnOverRestartsAndCutsWithNothingLostAndNothingTwice({ t, control }) {
    const events = t.events(NOTICES);
    await events.joined();
    await control("tell", { count: 3, code: "a" });
    equal(codes(await take(events, 2)), ["a1", "a2"]);
    const kept = events.resume;
    await control("restart");
    await control("tell", { count: 2, code: "b" });
    equal(codes(await take(events, 3)), ["a3", "b1", "b2"]);
    await control("cut");
    await control("tell", { count: 1, code: "c" });
    equal(codes(await take(events, 1)), ["c1"]);
    events.close();
    equal(await events.next(), { done: true });
    equal(codes(await all(t.journal(NOTICES.filter, kept))), ["a3", "b1", "b2", "c1"]);
    const told = [];
    for await (const event of t.events({ ...NOTICES, after: kept })) {
      told.push(event.code);
      if (told.length === 4) break;
    }
    equal(told, ["a3", "b1", "b2", "c1"]);
  },

  async aTailThatTheJournalHasLostIsAGap({ t, control }) {
    const events = t.events(NOTICES);
    await events.joined();
    await control("tell", { count: 1, code: "a" });
    equal(codes(await take(events, 1)), ["a1"]);
    await control("back_up");
    await control("tell", { count: 2, code: "lost" });
    equal(codes(await take(events, 2)), ["lost1", "lost2"]);
    const kept = events.resume;
    await control("lay_back");
    await control("tell", { count: 3, code: "b" });
    equal(codes(await take(events, 4)), ["stream.gap", "b1", "b2", "b3"]);
    events.close();
    const again = t.events({ ...NOTICES, after: kept, snapshot: true });
    equal(codes(await take(again, 2)), ["stream.gap", "stream.snapshot"]);
    again.close();
  },

  async whatIsTakenSlowlyIsNeitherLostNorKeptWithoutBound({ t, control }) {
    const events = t.events(NOTICES);
    await events.joined();
    await control("tell", { count: 2500, code: "m" });
    await control("cut");
    const told = codes(await take(events, 2500));
    equal([new Set(told).size, told[0], told.at(-1)], [2500, "m1", "m2500"]);
    events.close();
  },

  async aCommandIsDoneOnceThoughItsAnswerIsLost({ t, control }) {
    const { session } = await control("page");
    const dial = { ...DIAL, session_id: session };
    await control("lose_answer", { begins: "POST /v1/commands" });
    const given = t.send(dial);
    equal((await control("carry_out", { outcome: "done" })).verb, "interaction.dial");
    const record = await given;
    equal([record.result.outcome, record.attempts], ["succeeded", 1]);
    const other = t.send({ ...dial, destination: "+2" }, { key: record.idempotency_key });
    await rejected(other, ProblemError, (error) => error.status === 409 && error.code === "conflict");
    const next = t.run({ type: "agent.logout", session_id: session });
    equal((await control("carry_out", { outcome: "refused" })).verb, "agent.logout");
    await rejected(next, CommandFailedError, (error) => error.failed.code === "platform_error");
  },

  async aCommandOverTheStreamThatIsCutIsFollowedByItsKey({ t, control }) {
    const { session } = await control("page");
    const events = t.events();
    await events.joined();
    const given = t.send({ ...DIAL, session_id: session }, { over: events });
    await control("called");
    await control("cut");
    await control("reply", { outcome: "done" });
    const record = await given;
    equal([record.result.outcome, record.attempts], ["succeeded", 1]);
    await events.joined();
    const nowhere = t.send({ type: "interaction.hold", interaction_id: "int_x" }, { over: events });
    await rejected(nowhere, ProblemError, (error) => error.code === "unknown_interaction");
    events.close();
  },

  async whatFailedWithItsEffectUnknownIsToldAndNotGivenAgain({ t, control }) {
    const { session } = await control("page");
    const given = t.send({ ...DIAL, session_id: session });
    await control("called");
    await control("leave");
    equal((await given).result.effect, "unknown");
  },

  async aQuestionIsAnsweredInTheTimeOfTheHuman({ t, control }) {
    const { session } = await control("page");
    const dial = { ...DIAL, session_id: session };
    const asked = [];
    const onQuestion = (question) => {
      asked.push(question.kind);
      return submit(question, { skill: "sales" });
    };
    const given = t.run(dial, { onQuestion });
    await control("carry_out", { outcome: "skill" });
    equal((await control("carry_out", { outcome: "done" })).command.answers, { skill: "sales" });
    await given;
    equal(asked, ["outbound_skill"]);
    const unanswered = t.send(dial);
    await control("carry_out", { outcome: "skill" });
    const question = (await unanswered).result.needinfo;
    const wrong = t.answer(question, submit(question, {}));
    await rejected(wrong, ProblemError, (error) => error.status === 400 && error.detail.includes("skill"));
    equal((await all(t.questions())).map((one) => one.id), [question.id]);
    equal((await t.answer(question, cancel(question))).result.code, "cancelled");
  },

  async aBotAnswersWhatIsOpenAndWhatComes({ t, control }) {
    const { session } = await control("page");
    const dial = { ...DIAL, session_id: session };
    const first = t.send(dial);
    await control("carry_out", { outcome: "skill" });
    const question = (await first).result.needinfo;
    const end = new AbortController();
    let aborted;
    const left = new Promise((resolve) => (aborted = resolve));
    let see;
    const seen = new Promise((resolve) => (see = resolve));
    const bot = (asked, signal) => {
      if (asked.id !== question.id) return submit(asked, { skill: "service" });
      see();
      return new Promise(() => signal.addEventListener("abort", aborted));
    };
    const work = t.answerQuestions(bot, { filter: { platforms: ["p"] }, signal: end.signal });
    await seen;
    await t.answer(question, cancel(question));
    await left;
    const second = t.send(dial);
    await control("carry_out", { outcome: "skill" });
    equal((await control("carry_out", { outcome: "done" })).command.answers, { skill: "service" });
    await second;
    end.abort();
    await work;
  },

  async aTokenThatEndsEndsTheStreamUnlessThereIsAnother({ t, client, control }) {
    const minted = [await t.mintToken("p", "a1"), await t.mintToken("p", "a1"), await t.mintToken("p", "a1")];
    const given = [minted[1].token, minted[2].token];
    const over = client({ key: "", token: minted[0].token }).events(NOTICES);
    const on = client({ key: "", token: async () => given.shift() }).events(NOTICES);
    await Promise.all([over.joined(), on.joined()]);
    await control("tell", { count: 1, code: "a" });
    equal(codes([...(await take(over, 1)), ...(await take(on, 1))]), ["a1", "a1"]);
    await t.revokeToken(minted[0].token);
    await t.revokeToken(minted[1].token);
    await rejected(take(over, 1), StreamEndedError, (error) => error.code === 4401);
    await control("tell", { count: 1, code: "other", agent: "a2" });
    await control("tell", { count: 1, code: "b" });
    equal(codes(await take(on, 1)), ["b1"]);
    on.close();
    const nobodys = t.events({ filter: { teams: ["nobody's"] } });
    await rejected(take(nobodys, 1), StreamEndedError, (error) => error.code === 4403 && /nobody's/.test(error.reason));
  },

  async ticketsOpenStreamsForWhoHasNoKey({ t, client, control }) {
    let made = 0;
    const ticket = async () => {
      made += 1;
      return (await t.streamTicket()).ticket;
    };
    const events = client({ key: "", ticket }).events(NOTICES);
    await events.joined();
    await control("tell", { count: 1, code: "a" });
    equal(codes(await take(events, 1)), ["a1"]);
    await control("restart");
    await control("tell", { count: 1, code: "b" });
    equal(codes(await take(events, 1)), ["b1"]);
    events.close();
    if (made < 2) throw new Error("a ticket is good for one connection");
  },

  async refusalsSayWhyAndListsComeInPages({ t, client, control }) {
    for (const agent of ["a1", "a2", "a3"]) await control("page", { agent });
    equal((await all(t.sessions({}, 1))).map((one) => one.agent_id).sort(), ["a1", "a2", "a3"]);
    equal((await all(t.sessions({ agents: ["a2"] }))).map((one) => one.agent_id), ["a2"]);
    equal((await all(t.platforms())).map((one) => one.id), ["p"]);
    const { interaction } = await control("show_call");
    const alerting = await all(t.interactions({ content: { "interaction.muted": false } }));
    equal(alerting.map((one) => [one.id, one.state]), [[interaction, "alerting"]]);
    await rejected(t.session("ses_x"), ProblemError, (error) => error.status === 404 && error.code === "unknown_session");
    await rejected(client({ key: "tlk_no" }).session("x"), ProblemError, (error) => error.status === 401);
    await rejected(all(t.sessions({ teams: ["nobody"] })), ProblemError, (error) => /nobody/.test(error.detail));
  },

  async whatAWebhookSendsIsVerifiedAndEveryChangedPartIsRefused({ t, control, receiver }) {
    const spec = { url: receiver, events: ["platform.notice"], ed25519: true };
    const { webhook, secret } = await t.webhooks.create(spec);
    await control("tell", { count: 1, code: "a" });
    const { headers, body } = await control("delivery");
    const read = await verifyWebhook(headers, body, secret);
    equal([read.event.code, read.id, read.order, read.test], ["a1", read.event.id, "p", false]);
    equal(await verifyWebhook(headers, new TextEncoder().encode(body), webhook.public_keys), read);
    const [id, sentAt, signature] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((one) => headers[one]);
    const another = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=";
    const refused = (changed, text = body, secrets = secret, options = {}) =>
      rejected(verifyWebhook({ ...headers, ...changed }, text, secrets, options), SignatureError, () => true);
    await refused({ "webhook-id": `${id}0` });
    await refused({ "webhook-timestamp": String(Number(sentAt) + 1) });
    await refused({ "webhook-timestamp": `+${sentAt}` });
    await refused({ "webhook-signature": "v1,AAAA" });
    await refused({ "webhook-signature": signature.replaceAll("v1,", "v2,") });
    for (const gone of ["webhook-id", "webhook-timestamp", "webhook-signature"]) await refused({ [gone]: undefined });
    await refused({}, body.replace("a1", "a2"));
    await refused({}, `${body} `);
    await refused({}, body, another);
    for (const nowS of [Number(sentAt) - 301, Number(sentAt) + 301]) await refused({}, body, secret, { nowS });
    equal((await verifyWebhook(headers, body, [another, secret], { nowS: Number(sentAt) + 299 })).id, id);

    const { etag } = await t.webhooks.get(webhook.id);
    await t.webhooks.patch(webhook.id, { mode: "binary" }, etag);
    const late = t.webhooks.patch(webhook.id, { name: "late" }, etag);
    await rejected(late, ProblemError, (error) => error.status === 412);
    const rotated = await t.webhooks.rotate(webhook.id);
    await control("tell", { count: 1, code: "b" });
    const binary = await control("delivery");
    for (const one of [secret, rotated.secret]) {
      equal((await verifyWebhook(binary.headers, binary.body, one)).event.code, "b1");
    }
    await t.webhooks.endRotation(webhook.id);
    equal((await t.webhooks.test(webhook.id)).status, 204);
    const trial = await control("delivery");
    equal((await verifyWebhook(trial.headers, trial.body, rotated.secret)).test, true);
    await rejected(verifyWebhook(trial.headers, trial.body, secret), SignatureError, () => true);
    equal((await all(t.webhooks.deliveries(webhook.id))).length, 2);
    await t.webhooks.delete(webhook.id);
    equal(await all(t.webhooks.list()), []);
  },
};

/** Try them, one after the other; `told` is given the name of each that went well. */
export async function run({ url, key, control: address, receiver, only }, told) {
  const control = async (name, args = {}) => {
    const response = await fetch(`${address}/control/${name}`, { method: "POST", body: JSON.stringify(args) });
    if (!response.ok) throw new Error(`${name}: ${await response.text()}`);
    return response.json();
  };
  const pause = () => new Promise((resolve) => setTimeout(resolve, 10));
  const client = (options) => new Trunkline(url, { key, patienceS: 300, pause, ...options });
  for (const [name, scenario] of Object.entries(scenarios)) {
    if (only && !only.includes(name)) continue;
    try {
      await scenario({ t: client({}), client, control, receiver });
    } catch (error) {
      throw new Error(`${name}: ${error}\n${error.stack}`, { cause: error });
    }
    await told(name);
  }
}
