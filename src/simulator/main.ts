import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startDiscordSimulator } from "./discord-simulator.ts";

const USAGE =
  "Usage: discord-sim [--port PORT] [--web-root DIR] [--created-at UNIX_MS] [--token-stdin] [--exit-with-stdin]";
const EXIT_USAGE = 2;
const EXIT_FAILED = 1;

interface Arguments {
  readonly port: number;
  readonly webRoot: string | undefined;
  readonly createdAtUnixMs: number | undefined;
  /** The bot's token is the first line of standard input. */
  readonly tokenStdin: boolean;
  readonly exitWithStdin: boolean;
}

function readArguments(argv: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      port: { type: "string", default: "0" },
      "web-root": { type: "string" },
      "created-at": { type: "string" },
      "token-stdin": { type: "boolean", default: false },
      "exit-with-stdin": { type: "boolean", default: false },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new TypeError(`--port must be a number from 0 to 65535, not "${values.port}".`);
  }
  const createdAtUnixMs = values["created-at"] === undefined ? undefined : Number(values["created-at"]);
  if (
    createdAtUnixMs !== undefined &&
    !(createdAtUnixMs > 1_500_000_000_000 && createdAtUnixMs <= Date.now())
  ) {
    throw new TypeError(`--created-at must be a moment in Unix milliseconds, not "${values["created-at"]}".`);
  }
  return {
    port,
    webRoot: values["web-root"],
    createdAtUnixMs,
    tokenStdin: values["token-stdin"],
    exitWithStdin: values["exit-with-stdin"],
  };
}

function log(text: string): void {
  process.stderr.write(`${new Date().toISOString()} discord-sim: ${text}\n`);
}

/** The chat page lies beside the sources, or beside the bundle under a name that says whose it is. */
const webRoot = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "./web" : "./simulator-web", import.meta.url),
);

async function firstLine(): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  const [line] = (await once(lines, "line")) as [string];
  lines.close();
  return line;
}

async function run(given: Arguments): Promise<void> {
  const simulator = await startDiscordSimulator({
    port: given.port,
    webRoot: given.webRoot ?? webRoot,
    ...(given.createdAtUnixMs === undefined ? {} : { createdAtUnixMs: given.createdAtUnixMs }),
    ...(given.tokenStdin ? { botToken: await firstLine() } : {}),
  });
  const { lab } = simulator;
  let ending = false;
  const end = (why: string): void => {
    if (ending) return;
    ending = true;
    log(`stopping: ${why}`);
    simulator.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log(`could not stop cleanly: ${String(error)}`);
        process.exit(EXIT_FAILED);
      },
    );
  };
  process.once("SIGTERM", () => end("SIGTERM"));
  process.once("SIGINT", () => end("SIGINT"));
  if (given.exitWithStdin) process.stdin.resume().once("close", () => end("standard input closed"));
  process.stdout.write(
    `${JSON.stringify({
      createdAtUnixMs: simulator.createdAtUnixMs,
      apiBase: simulator.apiBase,
      webUrl: simulator.webUrl,
      botToken: lab.bot.token,
      botUserId: lab.bot.userId,
      guildId: lab.guild.id,
      channelId: lab.general.id,
    })}\n`,
  );
  log(`listening on ${simulator.webUrl}`);
}

let given: Arguments | undefined;
try {
  given = readArguments(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
  process.exitCode = EXIT_USAGE;
}
if (given) {
  run(given).catch((error: unknown) => {
    log(`could not start: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(EXIT_FAILED);
  });
}
