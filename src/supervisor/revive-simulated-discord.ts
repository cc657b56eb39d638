import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import * as z from "zod";
import { ConfigAnswer, configModeFlag } from "../contracts/config-mode.ts";
import { discordTokenRef, type GatewayConfig } from "../contracts/gateway-config.ts";
import { readRegularFile } from "../platform/read-regular-file.ts";
import { statePaths } from "../platform/state-paths.ts";
import { writePrivateFile } from "../platform/write-private-file.ts";
import { askProgram } from "./ask-program.ts";
import type { SecretStore } from "./secret-store.ts";
import type { SimulatedDiscord, SimulatedDiscordAddress } from "./simulated-discord.ts";
import type { SidecarProgram } from "./spawn-sidecar.ts";

/** What is remembered of it. The bot's token is not: that is among the secrets. */
const SimulationRecord = z.object({ api_base: z.url(), created_at_unix_ms: z.int() });
type SimulationRecord = z.infer<typeof SimulationRecord>;

/** How often, and how long apart, its port is tried, which a window that is being reloaded may still have. */
const tries = 6;
const pauseMs = 2_000;

/** Where the account of a simulated Discord is kept. */
export interface SimulationHome {
  readonly stateRoot: string;
  readonly secrets: Pick<SecretStore, "get">;
  /** Program of the gateway, which knows its configuration. */
  readonly gateway: SidecarProgram;
  /** Aborted when nobody wants it any more. */
  readonly signal: AbortSignal;
}

/** Remembers a simulated Discord, so that it can come back after the program that started it has ended. */
export async function rememberSimulatedDiscord(
  stateRoot: string,
  { apiBase, createdAtUnixMs }: SimulatedDiscordAddress,
): Promise<void> {
  const record: SimulationRecord = { api_base: apiBase, created_at_unix_ms: createdAtUnixMs };
  await writePrivateFile(statePaths(stateRoot).simulatedDiscord, `${JSON.stringify(record)}\n`);
}

/**
 * Starts the simulated Discord again that an account of the configuration was connected to; it then connects by itself.
 * @returns null when there is none, when somebody else has it running, or when nobody wants it any more
 */
export async function reviveSimulatedDiscord(
  simulator: SimulatedDiscord,
  home: SimulationHome,
): Promise<SimulatedDiscordAddress | null> {
  const { signal } = home;
  try {
    const back = await startAgain(simulator, home);
    if (!signal.aborted) return back;
  } catch (thrown) {
    // It was ended while it came up, or while its port was waited for.
    if (!signal.aborted) throw thrown;
  }
  simulator.dispose();
  return null;
}

async function startAgain(
  simulator: SimulatedDiscord,
  { stateRoot, secrets, gateway, signal }: SimulationHome,
): Promise<SimulatedDiscordAddress | null> {
  const record = await readRecord(stateRoot);
  if (record === null) return null;
  const request = { state_root: stateRoot, changes: [] };
  const answer = await askProgram(gateway, configModeFlag, request, ConfigAnswer);
  const account = answer.ok ? accountOf(answer.config, record) : null;
  const botToken = account === null ? undefined : await secrets.get(discordTokenRef(account));
  if (botToken === undefined) return null;
  const port = Number(new URL(record.api_base).port);
  for (let left = tries; await isTaken(port); left -= 1) {
    if (left === 1) return null;
    await wait(pauseMs, undefined, { signal });
  }
  signal.throwIfAborted();
  return await simulator.start({ port, createdAtUnixMs: record.created_at_unix_ms, botToken });
}

/** The account that is on in a simulated Discord; null when there is none. */
export function accountOf({ channels }: GatewayConfig, { api_base }: SimulationRecord): string | null {
  const found = Object.entries(channels.discord).find(
    ([, section]) => section.enabled && section.api_base === api_base,
  );
  return found?.[0] ?? null;
}

async function readRecord(stateRoot: string): Promise<SimulationRecord | null> {
  const reading = await readRegularFile(statePaths(stateRoot).simulatedDiscord);
  if (reading.kind !== "read") return null;
  return SimulationRecord.safeParse(parseJson(reading.text)).data ?? null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
