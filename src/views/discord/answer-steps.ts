import type { DirectMessagePolicy } from "../../contracts/router-config.ts";
import { askChoice, askText } from "../wizard/quick-input.ts";
import type { DiscordDesk } from "./discord-desk.ts";
import { previewEntries } from "./discord-entries.ts";
import { answered, type DiscordStep, title } from "./discord-step.ts";
import {
  type Calling,
  type Choices,
  credentialOf,
  type DiscordDraft,
  entriesOf,
  peopleFault,
  planOf,
  possibleReach,
  type Reach,
  wantsServer,
} from "./draft.ts";

const withChoice = (draft: DiscordDraft, change: Partial<Choices>): DiscordDraft => ({
  ...draft,
  choices: { ...draft.choices, ...change },
});

export const reachStep: DiscordStep = {
  id: "reach",
  title: title("Where to Answer"),
  applies: wantsServer,
  ask: async (draft, place) => {
    const channel = `#${draft.channel?.name ?? ""}`;
    const server = draft.guild?.name ?? "the server";
    const outcome = await askChoice<Reach>({
      place,
      placeholder: "Where messages are answered",
      load: async () => [
        { label: `$(comment) In ${channel}`, description: "and direct messages", value: "channel" },
        { label: "$(mail) Direct Messages Only", value: "direct" },
        {
          label: `$(organization) In Every Channel of ${server}`,
          detail: "Everybody who can write there can use the bot, and what it costs.",
          value: "server",
        },
        {
          label: "$(globe) In Every Server of the Bot",
          detail: "Also in servers to which others bring it. Use this for a short time only.",
          value: "everywhere",
        },
      ],
    });
    return answered(outcome, (reach) => withChoice(draft, { reach }));
  },
};

export const callingStep: DiscordStep = {
  id: "calling",
  title: title("Mentions"),
  applies: (draft) => possibleReach(draft) !== "direct",
  ask: async (draft, place) => {
    const name = `@${draft.preflight?.bot?.username ?? "bot"}`;
    const outcome = await askChoice<Calling>({
      place,
      placeholder: "Which messages in a server are meant for the bot",
      load: async () => [
        { label: `$(mention) Those That Mention ${name}`, value: "mention" },
        { label: "$(symbol-key) Also Those with Certain Words…", value: "words" },
        {
          label: "$(comment-discussion) Every Message",
          detail: "The bot answers all that is said.",
          value: "every",
        },
      ],
    });
    return answered(outcome, (calling) => withChoice(draft, { calling }));
  },
};

export const wordsStep: DiscordStep = {
  id: "words",
  title: title("Words That Call the Bot"),
  applies: (draft) => possibleReach(draft) !== "direct" && draft.choices.calling === "words",
  ask: async (draft, place) => {
    const outcome = await askText({
      place,
      value: draft.choices.words,
      placeholder: "hey palyra, @palyra",
      prompt: "Words or phrases, with commas between them. A real mention counts as well.",
      fault: (text) => (entriesOf(text).length > 0 ? null : "Give at least one word, or go back."),
    });
    return answered(outcome, (words) => withChoice(draft, { words }));
  },
};

export const directMessagesStep: DiscordStep = {
  id: "direct-messages",
  title: title("Direct Messages"),
  applies: () => true,
  ask: async (draft, place) => {
    const outcome = await askChoice<DirectMessagePolicy>({
      place,
      placeholder: "Whose direct messages are answered",
      load: async () => [
        {
          label: "$(shield) Of People You Have Paired",
          detail: "You give them a code, they send it to the bot, and you approve them once.",
          value: "pairing",
        },
        {
          label: "$(mail) Of Everybody",
          detail: "Everybody who shares a server with the bot.",
          value: "allow",
        },
        { label: "$(circle-slash) Of Nobody", value: "deny" },
      ],
    });
    return answered(outcome, (directMessages) => withChoice(draft, { directMessages }));
  },
};

const peopleTexts = {
  allow: { title: "Allow List", placeholder: "Only these people or roles, by id; empty: everybody" },
  deny: { title: "Deny List", placeholder: "Never these people or roles, by id; empty: nobody" },
} as const;

/** Asks for a list of people, with what becomes of messages while it is typed. */
export function peopleStep(desk: DiscordDesk, list: "allow" | "deny"): DiscordStep {
  const texts = peopleTexts[list];
  return {
    id: list,
    title: title(texts.title),
    applies: () => true,
    ask: async (draft, place) => {
      const outcome = await askChoice<{ readonly typed: string }>({
        place,
        placeholder: texts.placeholder,
        value: draft.choices[list],
        isTyped: true,
        load: async (typed, signal) => {
          const fault = peopleFault(typed);
          if (fault !== null) return [{ label: `$(error) ${fault}` }];
          const plan = planOf(withChoice(draft, { [list]: typed }));
          const preflight = await desk.probe({ ...credentialOf(draft), plan, ...channelOf(draft) }, signal);
          const description =
            entriesOf(typed).length === 0 ? "without a list" : `with ${entriesOf(typed).join(", ")}`;
          return [
            { label: "$(arrow-right) Continue", description, value: { typed } },
            ...previewEntries<{ readonly typed: string }>(preflight),
          ];
        },
      });
      return answered(outcome, ({ typed }) => withChoice(draft, { [list]: typed }));
    },
  };
}

/** Has the channel checked as well, and named in the examples. */
function channelOf({ channel }: DiscordDraft): { verify_channel_id?: string } {
  return channel === null ? {} : { verify_channel_id: channel.channel_id };
}
