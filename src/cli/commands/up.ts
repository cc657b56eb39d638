import type { ControlCenterSnapshot } from "../../contracts/snapshot.ts";
import { messageOf } from "../../platform/errors.ts";
import { statePaths } from "../../platform/state-paths.ts";
import type { ControlCenter } from "../../supervisor/control-center.ts";
import { type ControlCenterSettings, defaultSettings } from "../../supervisor/control-center-options.ts";
import { EncryptedFileSecretStore } from "../../supervisor/encrypted-file-secret-store.ts";
import { reviveSimulatedDiscord } from "../../supervisor/revive-simulated-discord.ts";
import { SimulatedDiscord } from "../../supervisor/simulated-discord.ts";
import { type CommandContext, complain, paintOf, print, printForPeople } from "../command-context.ts";
import { LiveScreen } from "../live-screen.ts";
import { openControlCenter } from "../open-control-center.ts";
import { changeLines, openingFor, renderStatus } from "../render-status.ts";
import { visibleJson } from "../visible-text.ts";

export interface UpOptions {
  readonly settings: Partial<ControlCenterSettings>;
  readonly stopOnExit: boolean;
  /** The simulated Discord of an account comes back; not where it runs already. */
  readonly revivesSimulation: boolean;
}

/** How often uptimes on the screen are brought up to date, in milliseconds. */
const redrawMs = 1_000;

/** `palyra up`: runs the services, or looks on, until the user ends it. */
export async function up(context: CommandContext, options: UpOptions): Promise<void> {
  const interrupted = context.interrupted();
  const center = await openControlCenter(context, options.settings, { gateway: true, browserd: true });
  const simulation = options.revivesSimulation ? reviveSimulation(context) : null;
  const endShow = show(context, center, options, simulation);
  startUnwanted(context, center);
  await interrupted;
  endShow();
  simulation?.end();
  if (options.stopOnExit) await center.stop();
  await center.dispose();
  if (!context.json) printForPeople(context, [farewell(center.snapshot, options)]);
}

/** Whoever says `up` wants all services, also when they were stopped before by another window. */
function startUnwanted({ terminal }: CommandContext, center: ControlCenter): void {
  for (const { service, desired_running } of center.snapshot.services) {
    if (desired_running) continue;
    // What keeps it from starting is in the snapshot, too.
    center.start(service).catch((thrown: unknown) => complain(terminal, messageOf(thrown)));
  }
}

/** What comes back for an account that was connected to a simulated Discord. */
interface Simulation {
  /** The sentence about it; null when there is none. */
  readonly sentence: Promise<string | null>;
  end(): void;
}

function reviveSimulation({
  stateRoot,
  execPath,
  simulatorBundle,
  sidecarBundles,
  terminal,
}: CommandContext): Simulation {
  const simulator = new SimulatedDiscord({ execPath, bundle: simulatorBundle });
  const ended = new AbortController();
  const back = reviveSimulatedDiscord(simulator, {
    signal: ended.signal,
    stateRoot,
    secrets: new EncryptedFileSecretStore(statePaths(stateRoot).secretsDir),
    gateway: { execPath, bundle: sidecarBundles.gateway },
  });
  return {
    sentence: back.then(
      (found) => (found === null ? null : `The simulated Discord is back: ${found.webUrl}`),
      (thrown: unknown) => {
        complain(terminal, messageOf(thrown));
        return null;
      },
    ),
    end: () => {
      ended.abort();
      simulator.dispose();
    },
  };
}

function show(
  context: CommandContext,
  center: ControlCenter,
  options: UpOptions,
  simulation: Simulation | null,
): () => void {
  if (context.json) return showEach(center, (snapshot) => print(context, [visibleJson(snapshot)]));
  const isForPrograms = context.plain || context.terminal.stdout.isTTY !== true;
  let simulated: string | null = null;
  void simulation?.sentence.then((sentence) => {
    simulated = sentence;
    if (isForPrograms && sentence !== null) print(context, [sentence]);
  });
  if (isForPrograms) return showSettled(center, context);
  const screen = new LiveScreen(context.terminal.stdout);
  const paint = paintOf(context);
  const draw = (): void =>
    screen.draw(
      [
        ...renderStatus(center.snapshot, Date.now(), paint),
        ...(simulated === null ? [] : ["", `  ${simulated}`]),
      ],
      `  Ctrl-C leaves; ${afterwards(options)}`,
    );
  const timer = setInterval(draw, redrawMs);
  const end = showEach(center, draw);
  const usage = center.watchUsage();
  return () => {
    clearInterval(timer);
    usage.dispose();
    end();
  };
}

/** Shows changes as lines. A service that just came and still opens what it works with is shown when it has. */
function showSettled(center: ControlCenter, context: CommandContext): () => void {
  let before: ControlCenterSnapshot | null = null;
  let timer: NodeJS.Timeout | undefined;
  const present = (snapshot: ControlCenterSnapshot): void => {
    clearTimeout(timer);
    const waitMs = openingFor(snapshot, Date.now());
    if (waitMs > 0) {
      timer = setTimeout(() => present(center.snapshot), waitMs);
      return;
    }
    printForPeople(context, changeLines(before, snapshot, Date.now()));
    before = snapshot;
  };
  const end = showEach(center, present);
  return () => {
    clearTimeout(timer);
    end();
  };
}

function showEach(center: ControlCenter, present: (snapshot: ControlCenterSnapshot) => void): () => void {
  const subscription = center.onSnapshot(present);
  present(center.snapshot);
  return () => subscription.dispose();
}

function farewell({ services, quick_facts }: ControlCenterSnapshot, options: UpOptions): string {
  if (options.stopOnExit || services.every(({ state }) => state === "stopped"))
    return "The services have stopped.";
  if (quick_facts.role === "observer") return "The services go on; another window runs them.";
  const sentence = afterwards(options);
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

/** What becomes of the services when this terminal leaves. */
function afterwards({ stopOnExit, settings }: UpOptions): string {
  if (stopOnExit) return "the services stop then";
  const linger = settings.lingerSeconds ?? defaultSettings.lingerSeconds;
  return linger < 0
    ? "the services go on until “palyra stop”"
    : `the services go on for ${linger} s, and longer when another window takes them over`;
}
