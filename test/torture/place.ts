import type { DiscordSimulator } from "../../src/simulator/discord-simulator.ts";
import { type Channel, ChannelKind } from "../../src/simulator/world/model.ts";
import type { Asked, Seen } from "./judge.ts";
import type { PlannedWrite } from "./plan.ts";

const names = ["ada", "grace", "linus", "barbara", "dennis"] as const;
export const peopleCount = names.length;
/** Four channels, three threads, three direct conversations. */
export const conversationCount = 10;
/** Two lines of so many do not fit into one message of the bot: it counts them twice, Discord once. */
const wideCharacters = 630;

interface Conversation {
  readonly name: string;
  readonly channel: Channel;
  /** The only person who can write here; null where all can. */
  readonly owner: string | null;
}

/** Where people write to the bot, and what they wrote. */
export class Place {
  readonly asked: Asked[] = [];
  readonly #simulator: DiscordSimulator;
  readonly #conversations: readonly Conversation[];

  /** Adds channels, threads and people to those of the simulator. */
  constructor(simulator: DiscordSimulator) {
    const { world, lab, people } = simulator;
    this.#simulator = simulator;
    for (const username of names) {
      if (![...world.users.values()].some((user) => user.username === username)) {
        world.addMember(lab.guild.id, world.addUser({ username }).id);
      }
    }
    const channels = ["workshop", "kitchen"].map((name) =>
      world.addChannel(lab.guild.id, { kind: ChannelKind.text, name }),
    );
    const threads = [lab.general, lab.general, lab.random].map((parent, index) =>
      people.startThread("ada", parent.id, `thread ${index}`),
    );
    const open = [lab.general, lab.random, ...channels, ...threads];
    const direct = names.slice(0, 3).map((owner) => ({
      name: `${owner}'s direct messages`,
      channel: people.openDirect(owner, "palyra"),
      owner,
    }));
    this.#conversations = [
      ...open.map((channel) => ({ name: channel.name, channel, owner: null })),
      ...direct,
    ];
    if (this.#conversations.length !== conversationCount) throw new Error("the place is not as planned");
  }

  /** Lets a person write a message of its own kind. */
  write(write: Omit<PlannedWrite, "atMs">): void {
    const conversation = this.#conversations[write.conversation];
    const author = conversation?.owner ?? names[write.person];
    if (conversation === undefined || author === undefined) throw new Error("there is no such conversation");
    const label = `m${this.asked.length}`;
    const isDirect = conversation.owner !== null;
    const kind = isDirect && write.kind === "aside" ? "short" : write.kind;
    const lines =
      kind === "long"
        ? ["one", "two", "three"].map((part) => `${label} ${part} ${"🙂".repeat(wideCharacters)}`)
        : [`${label} ${kind}`];
    const address = isDirect || kind === "aside" ? "" : "@palyra ";
    const { id } = this.#simulator.people.write(
      author,
      conversation.channel.id,
      `${address}${lines.join("\n")}`,
    );
    this.asked.push({
      messageId: id,
      conversation: conversation.name,
      answer: kind === "aside" ? [] : lines,
    });
  }

  /** What the bot has written so far, by conversation. */
  seen(): Map<string, Seen[]> {
    const botId = this.#simulator.lab.bot.userId;
    return new Map(
      this.#conversations.map(({ name, channel }) => [
        name,
        channel.messages
          .filter((message) => message.authorId === botId)
          .map((message) => ({ text: message.content, repliesTo: message.reference?.messageId ?? null })),
      ]),
    );
  }
}
