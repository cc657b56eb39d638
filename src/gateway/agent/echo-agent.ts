import type { Agent } from "./agent.ts";

/** What is said to somebody who wrote nothing but the bot's name. */
export const echoGreeting = "Hello! Write me something and I will say it back.";

/**
 * The built-in agent without a model. Its rule: the answer is the person's text, exactly as it was written
 * but without the mention of the bot and without white space around it; a text that is empty then (only a
 * mention, or only attachments) is answered with `echoGreeting`.
 */
export const echoAgent: Agent = {
  reply: async (event) => {
    const text = event.body.trim();
    return [text === "" ? echoGreeting : text];
  },
};
