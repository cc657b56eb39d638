import type { ChannelPermissions, CheckStatus } from "../../contracts/http-onboarding.ts";
import type { Entry } from "../wizard/quick-input.ts";
import { count } from "../wording.ts";
import type { Channel, Guild, Preflight } from "./discord-desk.ts";

const checkIcons: Readonly<Record<CheckStatus, string>> = {
  ok: "pass",
  warning: "warning",
  failed: "error",
  unknown: "question",
};
const checkWords: Readonly<Record<CheckStatus, string>> = {
  ok: "in order",
  warning: "look at this",
  failed: "must be mended",
  unknown: "not known",
};

/** The checks of a preflight, each with its result and what helps. */
export function checkEntries<T>({ checks }: Preflight): readonly Entry<T>[] {
  return checks.map(({ status, message, next_step }) => ({
    label: `$(${checkIcons[status]}) ${plain(message)}`,
    description: status === "ok" ? "" : checkWords[status],
    ...(next_step === null ? {} : { detail: plain(next_step) }),
  }));
}

/** What would become of messages under the plan: “who would be answered”. */
export function previewEntries<T>({ routing_preview }: Preflight): readonly Entry<T>[] {
  return [
    separator("Who would be answered"),
    ...routing_preview.map(({ example, answered, sentence }) => ({
      label: `$(${answered ? "check" : "close"}) ${plain(example)}`,
      description: answered ? "answered" : "not answered",
      ...(answered ? {} : { detail: plain(sentence) }),
    })),
  ];
}

/** What is to be considered before the plan is carried out. */
export function warningEntries<T>({ warnings, policy_warnings }: Preflight): readonly Entry<T>[] {
  const messages = [...warnings, ...policy_warnings.map(({ message }) => message)];
  if (messages.length === 0) return [];
  return [
    separator("To consider"),
    ...messages.map((message) => ({ label: `$(warning) ${plain(message)}` })),
  ];
}

export function guildEntries(guilds: readonly Guild[]): readonly Entry<Guild>[] {
  return guilds.map((guild) => ({ label: `$(organization) ${plain(guild.name)}`, value: guild }));
}

/** Channels with what the bot lacks in each; those it cannot work in come last. */
export function channelEntries(channels: readonly Channel[]): readonly Entry<Channel>[] {
  const works = ({ permissions }: Channel): boolean => permissions.view_channels && permissions.send_messages;
  const ordered = [...channels.filter(works), ...channels.filter((channel) => !works(channel))];
  return ordered.map((channel) => ({
    label: `$(${works(channel) ? "comment" : "lock"}) #${plain(channel.name)}`,
    description: [channel.category ?? "", channel.kind === "text" ? "" : channel.kind]
      .filter(Boolean)
      .join(" · "),
    ...(channel.missing.length === 0 ? {} : { detail: `The bot lacks: ${channel.missing.join(", ")}` }),
    value: channel,
  }));
}

const permissionWords: Readonly<Record<keyof ChannelPermissions, readonly [name: string, use: string]>> = {
  view_channels: ["View Channels", "to see that there is the channel at all"],
  send_messages: ["Send Messages", "to answer"],
  read_message_history: ["Read Message History", "to find what was written while the gateway was down"],
  embed_links: ["Embed Links", "to show previews of links"],
  attach_files: ["Attach Files", "to send files"],
  send_messages_in_threads: ["Send Messages in Threads", "to answer in threads"],
};

/** The six permissions in one channel, each with what it is for. */
export function permissionEntries<T>(permissions: ChannelPermissions): readonly Entry<T>[] {
  const names = Object.keys(permissionWords) as (keyof ChannelPermissions)[];
  return names.map((name) => {
    const [label, use] = permissionWords[name];
    const has = permissions[name];
    return { label: `$(${has ? "pass" : "error"}) ${label}`, description: has ? use : `missing: ${use}` };
  });
}

/** Whether the bot can answer there at all. */
export function canAnswerIn({ permissions }: Channel): boolean {
  return permissions.view_channels && permissions.send_messages;
}

/** `The bot is in 2 servers: Lab, Home.` */
export function guildsSentence(guilds: readonly Guild[]): string {
  if (guilds.length === 0) return "The bot is in no server yet.";
  const names = guilds.slice(0, 3).map(({ name }) => plain(name));
  const rest = guilds.length > names.length ? " and others" : "";
  return `The bot is in ${count(guilds.length, "server", "servers")}: ${names.join(", ")}${rest}.`;
}

export function separator<T>(label: string): Entry<T> {
  return { label, kind: "separator" };
}

/** Text of others in a label: no icons, no line breaks, not too long. */
function plain(text: string): string {
  const line = text.replaceAll("$(", "$ (").replace(/\s+/g, " ").trim();
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
