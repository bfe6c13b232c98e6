// Bot: answers what the platforms ask of an agent's commands, by a table. What it does not know is left to
// people.
//
//     TRUNKLINE_URL=http://127.0.0.1:8080 AGENT=ana SKILL=Support node bot.js

import { env } from "node:process";
import { Trunkline, submit } from "trunkline-client";

const ANSWERS = { outbound_skill: env.SKILL }; // by what a choice is called

/** The first field's choice of that name; null leaves it to somebody else. */
function answer(question) {
  const [field] = question.fields;
  const choice = field?.choices?.find((one) => one.label === ANSWERS[question.kind]);
  if (choice === undefined) return null;
  console.log(`${question.title}: ${choice.label}`);
  return submit(question, { [field.key]: choice.id });
}

const t = new Trunkline(env.TRUNKLINE_URL, { key: env.TRUNKLINE_KEY });
await t.answerQuestions(answer, { filter: { agents: [env.AGENT] } });
