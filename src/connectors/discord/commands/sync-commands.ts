import {
  type APIApplicationCommand,
  type APIApplicationCommandOption,
  ApplicationCommandType,
  type RESTPutAPIApplicationCommandsJSONBody,
} from "discord-api-types/v10";
import { messageOf } from "../../../platform/errors.ts";
import { type CommandSpec, catalogHash } from "../../commands/command-spec.ts";
import type { ConnectorLogger } from "../../logger.ts";
import type { CommandSyncState } from "../../store/parts/command-sync-store.ts";
import type { DiscordRest } from "../discord-rest.ts";
import { compareSnowflakes, isSnowflake } from "../ids.ts";
import { nativeCommands } from "./native-commands.ts";

type NativeCommand = RESTPutAPIApplicationCommandsJSONBody[number];

export interface CommandSyncOptions {
  readonly connectorId: string;
  /** Null when it has to be asked for. */
  readonly applicationId: string | null;
  readonly catalog: readonly CommandSpec[];
  readonly rest: Pick<DiscordRest, "application" | "commands" | "putCommands">;
  readonly load: () => Promise<CommandSyncState | null>;
  readonly save: (state: CommandSyncState) => Promise<void>;
  readonly log: ConnectorLogger;
}

/**
 * Compares the catalogue with what Discord has, and registers it when that is anything else: a new catalogue, or
 * one that was changed elsewhere. Never rejects: without it text commands still work, and the next session tries
 * again.
 */
export async function syncCommands(options: CommandSyncOptions): Promise<void> {
  const { connectorId, catalog, rest, load, save, log } = options;
  const state = { connectorId, catalogHash: catalogHash(catalog), updatedAt: Date.now() };
  try {
    const last = await load();
    try {
      const applicationId = options.applicationId ?? (await rest.application()).id;
      if (!isSnowflake(applicationId)) throw new Error("Discord names no application");
      const wanted = nativeCommands(catalog);
      const present = await rest.commands(applicationId);
      const isSame = summary(present) === summary(wanted);
      const registered = isSame ? present : await rest.putCommands(applicationId, wanted);
      if (!isSame) {
        const wasSynced = last?.status === "synced" && last.catalogHash === state.catalogHash;
        log.info("commands registered", { commands: catalog.length, changed_elsewhere: wasSynced });
      }
      const nativeRevision = `${applicationId}:${newestVersion(registered)}`;
      const isKnown = last?.nativeRevision === nativeRevision && last.catalogHash === state.catalogHash;
      if (isKnown && last.status === "synced") return;
      await save({ ...state, status: "synced", nativeRevision, lastError: null });
    } catch (thrown) {
      const lastError = messageOf(thrown).slice(0, 500);
      await save({ ...state, status: "failed", nativeRevision: null, lastError });
      throw thrown;
    }
  } catch (thrown) {
    log.warn("commands could not be registered", { error: messageOf(thrown) });
  }
}

function newestVersion(commands: readonly APIApplicationCommand[]): string {
  const versions = commands.map((command) => command.version);
  return versions.sort(compareSnowflakes).at(-1) ?? "none";
}

/** What people see of commands, in an order that does not depend on Discord's. */
function summary(commands: readonly (NativeCommand | APIApplicationCommand)[]): string {
  const all = commands.map((command) => [
    command.name,
    command.type ?? ApplicationCommandType.ChatInput,
    "description" in command ? command.description : "",
    "options" in command ? (command.options ?? []).map(optionSummary) : [],
  ]);
  return JSON.stringify(all.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
}

function optionSummary(option: APIApplicationCommandOption): unknown[] {
  const choices = "choices" in option ? (option.choices ?? []) : [];
  return [
    option.type,
    option.name,
    option.description,
    option.required ?? false,
    choices.map(({ name, value }) => [name, value]),
  ];
}
