import { type LogLine, logRingCapacity, type ServiceKind, serviceKinds } from "../../contracts/services.ts";
import { PalyraError } from "../../platform/errors.ts";
import { logFile, statePaths } from "../../platform/state-paths.ts";
import { readFileEnd } from "../../supervisor/read-file-end.ts";
import { type CommandContext, inspectorFor, paintOf, print } from "../command-context.ts";
import { parseLogFile, renderLogLine } from "../render-log.ts";
import { visibleJson } from "../visible-text.ts";

/** How much of the end of a log file is read, in bytes. */
const tailBytes = 256 * 1024;

/**
 * `palyra logs [service] [-f]`: recent lines from the owner, else from the log files.
 * @param follow goes on with new lines until the user ends it
 * @throws `not_running` when there is nothing to follow
 */
export async function logs(
  context: CommandContext,
  service: ServiceKind | undefined,
  follow: boolean,
): Promise<void> {
  const paint = paintOf(context);
  const wanted = service === undefined ? serviceKinds : [service];
  const show = (lines: readonly LogLine[]): void =>
    print(
      context,
      lines
        .filter((line) => wanted.includes(line.service))
        .map((line) => (context.json ? visibleJson(line) : renderLogLine(line, paint))),
    );
  const inspector = inspectorFor(context);
  const owner = await inspector.findOwner({
    snapshot: () => undefined,
    log: (lines) => follow && show(lines),
  });
  if (owner !== null) {
    show(await owner.logs(service));
    const lost = new Promise<void>((resolve) => owner.onClosed(resolve));
    if (follow) await Promise.race([context.interrupted(), lost]);
    owner.close();
    return;
  }
  if (!follow) {
    show(await storedLines(context, wanted));
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

async function storedLines(
  { stateRoot }: CommandContext,
  wanted: readonly ServiceKind[],
): Promise<LogLine[]> {
  const paths = statePaths(stateRoot);
  const all = await Promise.all(
    wanted.map(async (kind) => {
      const text = await readFileEnd(logFile(paths, kind), tailBytes);
      return parseLogFile(kind, text).slice(-logRingCapacity);
    }),
  );
  return all.flat().sort((a, b) => a.unix_ms - b.unix_ms);
}
