import { serviceDisplayNames, serviceKinds } from "../../contracts/service-kinds.ts";
import { type LogLevel, type LogLine, logRingCapacity, type ServiceKind } from "../../contracts/services.ts";
import { PalyraError } from "../../platform/errors.ts";
import { logFile, statePaths } from "../../platform/state-paths.ts";
import { isWanted, type LogFilter } from "../../supervisor/log-filter.ts";
import { readFileEnd } from "../../supervisor/read-file-end.ts";
import {
  type CommandContext,
  complain,
  inspectorFor,
  paintOf,
  print,
  printForPeople,
} from "../command-context.ts";
import { type PlainRecord, record, renderRecord } from "../output/record.ts";
import { parseLogFile, renderLogLine } from "../render-log.ts";
import { visibleJson, visibleText } from "../visible-text.ts";

/** How much of the end of a log file is read, in bytes; more when somebody looks for something. */
const tailBytes = 256 * 1024;
const searchBytes = 8 * 1024 * 1024;

export interface LogFlags extends LogFilter {
  /** Go on with new lines until the user ends it. */
  readonly follow: boolean;
}

/**
 * `palyra logs [service]`: the recent lines. With a moment, a level or a text the log files are searched,
 * which reach back further than what the owner keeps in memory.
 * @throws `not_running` when there is nothing to follow
 */
export async function logs(context: CommandContext, flags: LogFlags): Promise<void> {
  const paint = paintOf(context);
  const wanted = flags.service === null ? serviceKinds : [flags.service];
  let shown = 0;
  const show = (lines: readonly LogLine[]): void => {
    const chosen = lines.filter((line) => isWanted(line, flags));
    shown += chosen.length;
    if (context.json) print(context, chosen.map(visibleJson));
    else if (context.plain) print(context, chosen.map(lineRecord).map(renderRecord).map(visibleText));
    else
      printForPeople(
        context,
        chosen.map((line) => renderLogLine(line, paint)),
      );
  };
  const inspector = inspectorFor(context);
  let live = false;
  const early: LogLine[] = [];
  const owner = await inspector.findOwner({
    snapshot: () => undefined,
    log: (lines) => {
      if (!flags.follow) return;
      if (live) show(lines);
      else early.push(...lines);
    },
  });
  if (owner !== null) {
    const kept = await owner.logs(flags.service ?? undefined);
    const stored = isSearch(flags) ? await storedLines(context, wanted, searchBytes) : [];
    const oldest = kept[0]?.unix_ms ?? Number.POSITIVE_INFINITY;
    show([...stored.filter(({ unix_ms: moment }) => moment < oldest), ...kept]);
    live = true;
    show(early.filter((line) => !kept.some((other) => isSame(line, other))));
    sayEmpty(context, flags, shown);
    const lost = new Promise<void>((resolve) => owner.onClosed(resolve));
    if (flags.follow) await Promise.race([context.interrupted(), lost]);
    owner.close();
    return;
  }
  if (!flags.follow) {
    const lines = await storedLines(context, wanted, isSearch(flags) ? searchBytes : tailBytes);
    show(isSearch(flags) ? lines : lastOfEach(lines, wanted));
    sayEmpty(context, flags, shown);
    return;
  }
  const watched = await Promise.all(wanted.map((kind) => inspector.watchSidecar(kind, show)));
  const running = watched.flatMap((sidecar) => sidecar ?? []);
  if (running.length === 0)
    throw new PalyraError("not_running", "There is nothing to follow: Palyra is not running.");
  const ended = Promise.all(
    running.map(({ link }) => new Promise<void>((resolve) => link.onClosed(resolve))),
  );
  await Promise.race([context.interrupted(), ended]);
  for (const { link } of running) link.close();
}

function lineRecord({ unix_ms, service, level, stream, line }: LogLine): PlainRecord {
  return record("log", { at_unix_ms: unix_ms, service, level, stream, line });
}

function isSearch({ level, since, matches }: LogFilter): boolean {
  const lowest: LogLevel = "debug";
  return level !== lowest || since !== null || !matches("");
}

function isSame(one: LogLine, other: LogLine): boolean {
  return one.unix_ms === other.unix_ms && one.service === other.service && one.line === other.line;
}

/** Silence could mean that something went wrong: it is said on standard error, where no program reads lines. */
function sayEmpty(context: CommandContext, flags: LogFlags, shown: number): void {
  if (shown > 0 || context.json) return;
  const what = flags.service === null ? "no lines" : `no lines of ${serviceDisplayNames[flags.service]}`;
  complain(
    context.terminal,
    isSearch(flags)
      ? `There are ${what} like that. Look for another text or further back.`
      : `There are ${what} yet. They come when the service starts: “palyra up”.`,
  );
}

function lastOfEach(lines: readonly LogLine[], wanted: readonly ServiceKind[]): LogLine[] {
  return wanted
    .flatMap((kind) => lines.filter(({ service }) => service === kind).slice(-logRingCapacity))
    .sort((a, b) => a.unix_ms - b.unix_ms);
}

async function storedLines(
  { stateRoot }: CommandContext,
  wanted: readonly ServiceKind[],
  bytes: number,
): Promise<LogLine[]> {
  const paths = statePaths(stateRoot);
  const all = await Promise.all(
    wanted.map(async (kind) => parseLogFile(kind, await readFileEnd(logFile(paths, kind), bytes))),
  );
  return all.flat().sort((a, b) => a.unix_ms - b.unix_ms);
}
