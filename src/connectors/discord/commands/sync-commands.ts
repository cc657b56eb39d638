import { messageOf } from "../../../platform/errors.ts";
import { type CommandSpec, catalogHash } from "../../commands/command-spec.ts";
import type { ConnectorLogger } from "../../logger.ts";
import type { CommandSyncState } from "../../store/parts/command-sync-store.ts";
import type { DiscordRest } from "../discord-rest.ts";
import { isSnowflake } from "../ids.ts";
import { nativeCommands } from "./native-commands.ts";

export interface CommandSyncOptions {
  readonly connectorId: string;
  readonly applicationId: string;
  readonly catalog: readonly CommandSpec[];
  readonly rest: Pick<DiscordRest, "putCommands">;
  readonly load: () => Promise<CommandSyncState | null>;
  readonly save: (state: CommandSyncState) => Promise<void>;
  readonly log: ConnectorLogger;
}

/**
 * Registers the catalogue with Discord when it is not the one that was registered last. The revision names the
 * application, so that a change of the bot registers it again. Never rejects: without it text commands still work,
 * and the next session tries again.
 */
export async function syncCommands(options: CommandSyncOptions): Promise<void> {
  const { connectorId, applicationId, catalog, rest, load, save, log } = options;
  if (!isSnowflake(applicationId)) return;
  const hash = catalogHash(catalog);
  try {
    const last = await load();
    const isSame =
      last?.catalogHash === hash && last.nativeRevision?.startsWith(`${applicationId}:`) === true;
    if (isSame && last.status === "synced") return;
    const state = { connectorId, catalogHash: hash, updatedAt: Date.now() };
    try {
      const registered = await rest.putCommands(applicationId, nativeCommands(catalog));
      const newest =
        registered
          .map((command) => command.version)
          .sort()
          .at(-1) ?? "none";
      await save({
        ...state,
        status: "synced",
        nativeRevision: `${applicationId}:${newest}`,
        lastError: null,
      });
      log.info("commands registered", { commands: catalog.length });
    } catch (thrown) {
      await save({
        ...state,
        status: "failed",
        nativeRevision: null,
        lastError: messageOf(thrown).slice(0, 500),
      });
      throw thrown;
    }
  } catch (thrown) {
    log.warn("commands could not be registered", { error: messageOf(thrown) });
  }
}
