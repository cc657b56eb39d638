import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import * as z from "zod";
import { messageOf, PalyraError } from "../platform/errors.ts";
import { sidecarEnvironment } from "./sidecar-environment.ts";
import { requireProgram, type SidecarProgram } from "./spawn-sidecar.ts";

/** How long the simulator may take until it tells its address, in milliseconds. */
const startMs = 15_000;

/** What the simulator says in its first line: where it is, and the token of the bot it made up. */
export const SimulatedDiscordAddress = z.object({
  /** When its server came to be, in Unix milliseconds. */
  createdAtUnixMs: z.int(),
  /** Base of its REST API. */
  apiBase: z.url(),
  /** The page on which people of the simulated Discord write. */
  webUrl: z.url(),
  botToken: z.string().min(1),
  guildId: z.string(),
  channelId: z.string(),
});
export type SimulatedDiscordAddress = z.infer<typeof SimulatedDiscordAddress>;

/** What makes a simulated Discord the same as one before: its address, its bot and the ids in it, but no messages. */
export interface EarlierSimulation {
  readonly port: number;
  readonly createdAtUnixMs: number;
  readonly botToken: string;
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

/**
 * A Discord of one's own to try the product with. It is a child of this process and ends with it: its standard input
 * closes then, also after a crash.
 */
export class SimulatedDiscord {
  readonly #program: SidecarProgram;
  #running: Promise<SimulatedDiscordAddress> | null = null;
  #child: Child | null = null;

  constructor(program: SidecarProgram) {
    this.#program = program;
  }

  /**
   * Starts it unless it runs.
   * @param earlier the one that comes back; a new one when absent
   * @throws `config_invalid` when its program is missing; `start_timeout` when it does not come up
   */
  start(earlier?: EarlierSimulation): Promise<SimulatedDiscordAddress> {
    this.#running ??= this.#start(earlier).catch((thrown: unknown) => {
      this.#running = null;
      throw thrown;
    });
    return this.#running;
  }

  /** Where it is; null while it does not run. */
  get running(): Promise<SimulatedDiscordAddress> | null {
    return this.#running;
  }

  /** Ends it. */
  dispose(): void {
    this.#child?.stdin.destroy();
    this.#child?.kill();
    this.#child = null;
    this.#running = null;
  }

  async #start(earlier?: EarlierSimulation): Promise<SimulatedDiscordAddress> {
    await requireProgram("the simulated Discord", this.#program);
    const child = spawn(
      this.#program.execPath,
      [this.#program.bundle, "--exit-with-stdin", ...argumentsOf(earlier)],
      {
        env: sidecarEnvironment(process.env),
        stdio: ["pipe", "pipe", "ignore"],
        // Ctrl-C in a terminal is meant for this process, which decides what becomes of the simulator.
        detached: true,
        windowsHide: true,
      },
    );
    this.#child = child;
    child.stdin.on("error", () => child.stdin.destroy());
    if (earlier !== undefined) child.stdin.write(`${earlier.botToken}\n`);
    child.once("exit", () => {
      if (this.#child !== child) return;
      this.#child = null;
      this.#running = null;
    });
    try {
      return SimulatedDiscordAddress.parse(JSON.parse(await firstLine(child)));
    } catch (thrown) {
      child.kill();
      throw new PalyraError("start_timeout", `The simulated Discord did not come up: ${messageOf(thrown)}.`, {
        nextStep: "Try again.",
        cause: thrown,
      });
    }
  }
}

function argumentsOf(earlier: EarlierSimulation | undefined): string[] {
  if (earlier === undefined) return [];
  const { port, createdAtUnixMs } = earlier;
  return ["--port", String(port), "--created-at", String(createdAtUnixMs), "--token-stdin"];
}

function firstLine(child: Child): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout });
    const timer = setTimeout(() => reject(new Error(`it said nothing in ${startMs / 1000} s`)), startMs);
    const fail = (why: string): void => {
      clearTimeout(timer);
      reject(new Error(why));
    };
    child.once("error", (error) => fail(error.message));
    child.once("exit", (code) => fail(`it ended with code ${code}`));
    lines.once("line", (line) => {
      clearTimeout(timer);
      resolve(line);
    });
  });
}
