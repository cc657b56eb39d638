/**
 * Writes to the simulated Discord as a person, or uses a slash command there, and prints the bot's reply.
 *
 *   npm run say -- "@palyra hello" [--as ada] [--channel general] [--count 20] [--timeout 30] [--url URL]
 *   npm run say -- "/status"
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";

const DEMO_FILE = path.join(import.meta.dirname, "..", ".cache", "demo", "demo.json");
const USAGE =
  'Usage: npm run say -- "@palyra hello" [--as NAME] [--channel NAME] [--count N] [--timeout SECONDS] [--url URL]';
const HELP = `${USAGE}

Writes to the simulated Discord as a person, or uses a slash command there, and prints the bot's reply.

  --as NAME          who writes (ada)
  --channel NAME     where (general)
  --count N          how often, one after the other (1)
  --timeout SECONDS  how long to wait for each reply (30)
  --url URL          address of the simulator, unless it is that of the demo

Examples:
  npm run say -- "@palyra hello"
  npm run say -- "/status" --as grace
`;
/** Most replies are quicker than that, and need no word in between; in milliseconds. */
const noticeMs = 3_000;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

interface Wish {
  readonly text: string;
  readonly as: string;
  readonly channel: string;
  readonly count: number;
  readonly timeoutSeconds: number;
  readonly url: string | undefined;
  readonly help: boolean;
}

interface Message {
  readonly id: string;
  readonly channelId: string;
  readonly authorId: string;
  readonly content: string;
  readonly replyTo: { readonly id: string } | null;
  /** Set in the answer to a slash command. */
  readonly command: { readonly userId: string; readonly name: string } | null;
  /** The answer is still being made. */
  readonly thinking: boolean;
}

interface Person {
  readonly id: string;
  readonly username: string;
  readonly name: string;
  readonly bot: boolean;
}

interface LiveEvent {
  readonly type: string;
  readonly message?: Message;
}

/** Something the user can mend; printed without a stack. */
class SayError extends Error {}

function readWish(argv: readonly string[]): Wish {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      as: { type: "string", default: "ada" },
      channel: { type: "string", default: "general" },
      count: { type: "string", default: "1" },
      timeout: { type: "string", default: "30" },
      url: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const text = positionals.join(" ").trim();
  const count = Number(values.count);
  const timeoutSeconds = Number(values.timeout);
  if (text === "" && !values.help) throw new TypeError("Say what to write.");
  if (!Number.isInteger(count) || count < 1) throw new TypeError("--count must be a whole number from 1.");
  if (!(timeoutSeconds > 0)) throw new TypeError("--timeout must be a number of seconds above 0.");
  return {
    text,
    as: values.as,
    channel: values.channel,
    count,
    timeoutSeconds,
    url: values.url,
    help: values.help,
  };
}

async function findSimulator(url: string | undefined): Promise<string> {
  if (url !== undefined) return url;
  let content: string;
  try {
    content = await readFile(DEMO_FILE, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new SayError("The demo is not running. Start it with `npm start`, or name a simulator with --url.");
  }
  const demo = JSON.parse(content) as { simulator?: { webUrl?: unknown } };
  if (typeof demo.simulator?.webUrl !== "string") {
    throw new SayError(`${DEMO_FILE} names no simulator. Start the demo again with \`npm start\`.`);
  }
  return demo.simulator.webUrl;
}

async function request(base: string, route: string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(new URL(route, base), init);
  } catch {
    // The reason fetch gives ("fetch failed") helps nobody.
    throw new SayError(`No simulator answers at ${base}. Start it with \`npm start\`.`);
  }
  if (response.ok) return response;
  const { error } = (await response.json()) as { error?: string };
  throw new SayError(error ?? `The simulator answered ${response.status}.`);
}

/** Reads Server-Sent Events until the stream ends. */
async function* liveEvents(stream: ReadableStream<Uint8Array>): AsyncGenerator<LiveEvent> {
  const decoder = new TextDecoder();
  let pending = "";
  for await (const chunk of stream) {
    pending += decoder.decode(chunk, { stream: true });
    const blocks = pending.split("\n\n");
    pending = blocks.pop() ?? "";
    for (const block of blocks) {
      if (block.startsWith("data: ")) yield JSON.parse(block.slice("data: ".length)) as LiveEvent;
    }
  }
}

async function say(wish: Wish): Promise<void> {
  const base = await findSimulator(wish.url);
  const people = (await (await request(base, "/sim/people")).json()) as Person[];
  const slash = await slashCommand(base, wish);
  const stop = new AbortController();
  try {
    await converse(base, wish, slash, people, stop);
  } finally {
    // The stream of events keeps the process alive as long as it is open.
    stop.abort(new SayError("done"));
  }
}

/** Writes as often as wished and prints each reply. */
async function converse(
  base: string,
  wish: Wish,
  slash: string | null,
  people: readonly Person[],
  stop: AbortController,
): Promise<void> {
  const bots = new Set(people.filter((one) => one.bot).map((one) => one.id));
  const stream = await request(base, `/sim/events?as=${encodeURIComponent(wish.as)}`, {
    signal: stop.signal,
  });
  if (!stream.body)
    throw new SayError("The simulator sent no event stream. Start it again with `npm start`.");
  const events = liveEvents(stream.body);
  const printed = new Set<string>();
  for (let index = 0; index < wish.count; index += 1) {
    const isReply = slash === null ? await write(base, wish) : await use(base, wish, slash, people, printed);
    const notice = setTimeout(
      () => process.stderr.write(`waiting for the reply, at most ${wish.timeoutSeconds} s ...\n`),
      noticeMs,
    );
    const timer = setTimeout(() => stop.abort(noReply(wish)), wish.timeoutSeconds * 1000);
    const reply = await nextReply(
      events,
      (message) => bots.has(message.authorId) && isReply(message),
      stop.signal,
    ).finally(() => {
      clearTimeout(notice);
      clearTimeout(timer);
    });
    printed.add(reply.id);
    process.stdout.write(`${reply.content}\n`);
  }
}

/** Name of the slash command the text begins with; null when it is a message. */
async function slashCommand(base: string, { channel, text }: Wish): Promise<string | null> {
  const name = /^\/(\S+)/.exec(text)?.[1]?.toLowerCase();
  if (name === undefined) return null;
  const route = `/sim/channels/${encodeURIComponent(channel)}/commands`;
  const commands = (await (await request(base, route)).json()) as { name: string }[];
  return commands.some((one) => one.name === name) ? name : null;
}

async function write(base: string, { as, channel, text }: Wish): Promise<(message: Message) => boolean> {
  const written = (await (
    await post(base, "/sim/messages", { as, channel, content: text })
  ).json()) as Message;
  return (message) => message.replyTo?.id === written.id;
}

/** @param printed answers that were printed already, which a later change shows again */
async function use(
  base: string,
  { as, channel, text }: Wish,
  name: string,
  people: readonly Person[],
  printed: ReadonlySet<string>,
): Promise<(message: Message) => boolean> {
  const lower = as.replace(/^@/, "").toLowerCase();
  const me = people.find((one) => [one.id, one.username, one.name.toLowerCase()].includes(lower))?.id;
  await post(base, "/sim/commands", { as, channel, text });
  return ({ id, command, thinking }) =>
    command?.userId === me && command?.name === name && !thinking && !printed.has(id);
}

function post(base: string, route: string, body: object): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return request(base, route, { method: "POST", headers, body: JSON.stringify(body) });
}

async function nextReply(
  events: AsyncGenerator<LiveEvent>,
  isReply: (message: Message) => boolean,
  signal: AbortSignal,
): Promise<Message> {
  try {
    for (let next = await events.next(); !next.done; next = await events.next()) {
      const { message } = next.value;
      const isMessage = next.value.type === "message" || next.value.type === "messageChanged";
      if (isMessage && message && isReply(message)) return message;
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (!(error instanceof TypeError)) throw error;
    // The stream broke off: fetch says "terminated", which helps nobody.
  }
  throw new SayError("The simulator stopped while waiting for the reply. Start it again with `npm start`.");
}

function noReply(wish: Wish): SayError {
  return new SayError(
    `No reply within ${wish.timeoutSeconds} s. Check that the gateway is running (\`palyra status\`), ` +
      `and that the text mentions the bot, for instance "@palyra hello".`,
  );
}

let wish: Wish | undefined;
try {
  wish = readWish(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
  process.exitCode = EXIT_USAGE;
}
if (wish?.help) process.stdout.write(HELP);
else if (wish) {
  say(wish).catch((error: unknown) => {
    if (!(error instanceof SayError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = EXIT_FAILED;
  });
}
