import { type Command, Option } from "commander";
import { snowflakePattern } from "../../../contracts/discord-id.ts";
import { PalyraError } from "../../../platform/errors.ts";
import { type SelectorFlags, selectedAccount, withSelector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { record } from "../../output/record.ts";
import { facts } from "../../output/table.ts";
import { type Shell, show } from "../../shell.ts";

const entities = ["channel", "conversation", "thread", "user", "role", "guild"] as const;
type Entity = (typeof entities)[number];

/** Adds `palyra channels resolve`: what an id, as people copy it, is called in the settings; needs no gateway. */
export function addResolve(channels: Command, shell: Shell): void {
  const resolve = withSelector(
    channels.command("resolve").description("show how the settings name a channel, a person or a role"),
  )
    .addOption(new Option("--entity <kind>", "what it is").choices([...entities]).makeOptionMandatory())
    .requiredOption("--value <text>", "as it was copied: an id, a mention or a link");
  withExamples(
    resolve,
    'palyra channels resolve discord --entity user --value "<@1100000000000000001>"',
    "palyra channels resolve discord --entity channel --value https://discord.com/channels/1100000000000000001/1100000000000000002",
  );
  resolve.action(
    async (named: string | undefined, given: SelectorFlags & { entity: Entity; value: string }) => {
      const account = selectedAccount(named ?? given.provider ?? "discord", given);
      const found = resolveDiscord(given.entity, given.value);
      const facts_ = { provider: "discord", account_id: account, entity: given.entity, input: given.value };
      await show(shell, async () => ({
        data: { ...facts_, ...found },
        records: [record("channels.resolve", { ...facts_, ...found })],
        lines: (paint) =>
          facts(
            [
              ["id", found.normalized],
              ["in the settings", found.canonical],
            ],
            paint,
          ),
      }));
    },
  );
}

/**
 * An id of Discord out of what people copy: the id, a mention, our own forms, or a link to a message or channel.
 * @throws `validation_error`
 */
export function resolveDiscord(entity: Entity, value: string): { normalized: string; canonical: string } {
  const text = value.trim();
  const link = /^https:\/\/(?:\w+\.)?discord\.com\/channels\/(\d+|@me)(?:\/(\d+))?(?:\/\d+)?\/?$/.exec(text);
  const bare = link === null ? text.replace(prefixes[entity], "").replace(/>$/, "") : null;
  const id = bare ?? (entity === "guild" ? link?.[1] : link?.[2]) ?? "";
  if (!snowflakePattern.test(id) || ((entity === "user" || entity === "role") && link !== null)) {
    throw new PalyraError("validation_error", `“${value}” is not the id of a ${entity} on Discord.`, {
      nextStep: "Switch on Developer Mode in Discord, then choose Copy ID in the menu of what you mean.",
    });
  }
  return { normalized: id, canonical: canonicalOf(entity, id) };
}

const prefixes: Readonly<Record<Entity, RegExp>> = {
  channel: /^(?:<#|channel:|discord:channel:)/,
  conversation: /^(?:<#|channel:|thread:|discord:channel:)/,
  thread: /^(?:<#|thread:)/,
  user: /^(?:<@!?|discord:user:|user:)/,
  role: /^(?:<@&|discord:role:|role:)/,
  guild: /^guild:/,
};

function canonicalOf(entity: Entity, id: string): string {
  if (entity === "user" || entity === "role") return `discord:${entity}:${id}`;
  return entity === "guild" ? `guild:${id}` : id;
}
