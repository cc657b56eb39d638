import type { GuildChannel } from "../../../contracts/http-onboarding.ts";
import type { Paint } from "../../terminal.ts";
import { visibleText } from "../../visible-text.ts";
import type { DialogueScreen } from "./dialogue-screen.ts";
import type { Credential, DiscordSetup } from "./discord-setup.ts";
import type { Place } from "./plan-questions.ts";
import { retried } from "./retried.ts";

interface PlaceParts {
  readonly screen: DialogueScreen;
  readonly setup: DiscordSetup;
  readonly paint: Paint;
}

/**
 * Has the user invite the bot, and choose a server and a channel in which it may do what it has to.
 * @param inviteUrl null where nobody needs to be invited
 */
export async function askPlace(
  parts: PlaceParts,
  credential: Credential,
  inviteUrl: string | null,
): Promise<Place> {
  const { screen, setup } = parts;
  // Not in a frame: a terminal that is narrower than the link would break it.
  if (inviteUrl !== null) screen.say(`Invite the bot with this link:\n${visibleText(inviteUrl)}`);
  for (;;) {
    const guilds = await retried(screen, "Asking Discord for the bot's servers", (signal) =>
      setup.guilds(credential, signal),
    );
    const chosen = await screen.choose<string | "again" | "none">(
      guilds.length === 0 ? "The bot is in no server yet. Invite it with the link above." : "Which server?",
      [
        ...guilds.map(({ guild_id, name }) => ({ value: guild_id, label: name })),
        { value: "again", label: "Look again" },
        { value: "none", label: "No server: direct messages only" },
      ],
    );
    if (chosen === "none") return null;
    if (chosen === "again") continue;
    const place = await askChannel(parts, credential, chosen);
    if (place !== "other_server") return place;
  }
}

async function askChannel(
  { screen, setup, paint }: PlaceParts,
  credential: Credential,
  guildId: string,
): Promise<Place | "other_server"> {
  for (;;) {
    const channels = await retried(screen, "Asking Discord for the channels", (signal) =>
      setup.channels(credential, guildId, signal),
    );
    const chosen = await screen.choose<GuildChannel | "again" | "other_server">("Which channel?", [
      ...channels.map((channel) => ({
        value: channel,
        label: `#${channel.name}`,
        ...hintOf(channel),
      })),
      { value: "again", label: "Look again" },
      { value: "other_server", label: "Another server" },
    ]);
    if (chosen === "other_server") return chosen;
    if (chosen === "again") continue;
    if (chosen.missing.length === 0) {
      screen.good(visibleText(`The bot has all permissions it needs in #${chosen.name}.`));
      return chosen;
    }
    screen.warn(
      `${paint("yellow", "Missing")} in #${visibleText(chosen.name)}: ${visibleText(chosen.missing.join(", "))}`,
    );
    const goOn = await screen.choose("Give the bot these permissions in Discord.", [
      { value: false, label: "Look again" },
      { value: true, label: "Go on without them", hint: "it may not be able to answer" },
    ]);
    if (goOn) return chosen;
  }
}

function hintOf({ category, missing }: GuildChannel): { hint?: string } {
  if (missing.length > 0) return { hint: `lacks ${missing.join(", ")}` };
  return category === null ? {} : { hint: category };
}
