import * as vscode from "vscode";
import type { ServiceKind } from "../contracts/services.ts";
import { messageOf } from "../platform/errors.ts";
import { defaultStateRoot } from "../platform/state-paths.ts";
import { productVersion } from "../platform/version.ts";
import { ControlCenter } from "../supervisor/control-center.ts";
import type { ControlCenterOptions } from "../supervisor/control-center-options.ts";
import { thisMachine } from "../supervisor/doctor/this-machine.ts";
import { rememberSimulatedDiscord, reviveSimulatedDiscord } from "../supervisor/revive-simulated-discord.ts";
import { SimulatedDiscord } from "../supervisor/simulated-discord.ts";
import { ChannelCommands } from "./channels/channel-commands.ts";
import { ChannelDesk } from "./channels/channel-desk.ts";
import { commandActions } from "./commands.ts";
import type { CommandName } from "./contribution-ids.ts";
import { ControlCenterHolder } from "./control-center-holder.ts";
import { Diagnostics } from "./diagnostics.ts";
import { GatewayApi } from "./gateway-api.ts";
import { LogChannels } from "./log-channels.ts";
import { LogSearch } from "./log-search.ts";
import { notifyOfApprovals, notifyOfFailures, offerRestart } from "./notifications.ts";
import { ControlCenterPanel } from "./panel.ts";
import type { SettingsSource } from "./settings-source.ts";
import { SetupMarksStore } from "./setup/setup-marks.ts";
import { effectOfChange, supervisorSettings } from "./supervisor-settings.ts";
import type { ViewStateSource } from "./view-state-source.ts";
import { VSCodeSecretStore } from "./vscode-secret-store.ts";
import { WindowProfile } from "./window-profile.ts";

const bundles: Readonly<Record<ServiceKind, string>> = {
  gateway: "dist/palyrad.mjs",
  browserd: "dist/palyra-browserd.mjs",
};

const simulatorBundle = "dist/discord-sim.mjs";

/** Where a window works and with what, for its control center and its diagnostics. */
type WindowPlace = Pick<
  ControlCenterOptions,
  "stateRoot" | "hostName" | "version" | "sidecarBundles" | "execPath" | "secrets"
>;

/** What a window runs once it is up: its control center, the panel, the log channels, the commands. */
export class WindowRuntime {
  readonly #holder: ControlCenterHolder;
  readonly #panel: ControlCenterPanel;
  readonly #actions: ReturnType<typeof commandActions>;
  readonly #reviveSimulation: () => Promise<void>;
  readonly #logger: vscode.LogOutputChannel;
  readonly #disposables: vscode.Disposable[] = [];

  constructor(context: vscode.ExtensionContext, source: ViewStateSource, settings: SettingsSource) {
    const channels = new LogChannels();
    const logSearch = new LogSearch();
    const logger = vscode.window.createOutputChannel("Palyra", { log: true });
    this.#logger = logger;
    const profile = new WindowProfile(
      context.workspaceState,
      () => settings.settings.stateRoot ?? defaultStateRoot(),
    );
    const place = async (): Promise<WindowPlace> => {
      const { id, stateRoot } = await profile.current();
      return {
        stateRoot,
        hostName: "VS Code window",
        version: productVersion,
        sidecarBundles: {
          gateway: context.asAbsolutePath(bundles.gateway),
          browserd: context.asAbsolutePath(bundles.browserd),
        },
        execPath: process.execPath,
        secrets: new VSCodeSecretStore(context.secrets, id),
      };
    };
    this.#holder = new ControlCenterHolder({
      source,
      isTrusted: () => vscode.workspace.isTrusted,
      onLog: (line) => {
        channels.append(line);
        logSearch.append(line);
      },
      open: async () =>
        await ControlCenter.open({
          ...(await place()),
          profile: (await profile.current()).name,
          settings: supervisorSettings(() => settings.settings),
          logger,
        }),
    });
    this.#panel = new ControlCenterPanel(context.extensionUri, source, (visible) =>
      this.#holder.showUsage(visible),
    );
    const diagnostics = new Diagnostics({
      holder: this.#holder,
      host: async () => {
        const { ports, browserPath } = settings.settings;
        return { ...thisMachine, ...(await place()), editorVersion: vscode.version, ports, browserPath };
      },
    });
    const api = new GatewayApi(() => this.#holder.current());
    const channelCommands = new ChannelCommands({ desk: new ChannelDesk(api), source });
    const simulator = new SimulatedDiscord({
      execPath: process.execPath,
      bundle: context.asAbsolutePath(simulatorBundle),
    });
    const closed = new AbortController();
    this.#disposables.push({ dispose: () => closed.abort() });
    this.#reviveSimulation = async () => {
      if (simulator.running !== null || !vscode.workspace.isTrusted) return;
      const { stateRoot, secrets, sidecarBundles, execPath } = await place();
      const gateway = { execPath, bundle: sidecarBundles.gateway };
      const back = await reviveSimulatedDiscord(simulator, {
        stateRoot,
        secrets,
        gateway,
        signal: closed.signal,
      });
      if (back !== null) logger.info(`The simulated Discord is back: ${back.webUrl}`);
    };
    this.#actions = commandActions({
      holder: this.#holder,
      source,
      profile,
      settings: () => settings.settings,
      panel: this.#panel,
      channels,
      logSearch,
      diagnostics,
      marks: new SetupMarksStore(context.globalState, source),
      channelCommands,
      simulatedDiscord: async () => {
        const address = await simulator.start();
        await rememberSimulatedDiscord((await place()).stateRoot, address);
        return address;
      },
      api,
      extensionId: context.extension.id,
    });
    this.#disposables.push(
      channels,
      logSearch,
      diagnostics,
      channelCommands,
      simulator,
      logger,
      this.#panel,
      notifyOfFailures(source, () => settings.settings),
      notifyOfApprovals(source, () => settings.settings),
      vscode.workspace.onDidGrantWorkspaceTrust(() => void this.open()),
      settings.onDidChange(({ before, after }) => {
        const effect = effectOfChange(before, after);
        if (effect === "reopen") void this.open();
        else void offerRestart(source, effect);
      }),
    );
  }

  /** Opens the control center, anew if it is open. */
  async open(): Promise<void> {
    await this.#holder.reopen();
    // Nothing waits for it: its port may be taken for a while by a window that is going.
    this.#reviveSimulation().catch((thrown: unknown) => this.#logger.warn(messageOf(thrown)));
  }

  run(command: CommandName, argument: unknown): Promise<void> {
    return this.#actions[command](argument);
  }

  adoptPanel(panel: vscode.WebviewPanel): void {
    this.#panel.adopt(panel);
  }

  async dispose(): Promise<void> {
    for (const disposable of this.#disposables.splice(0)) disposable.dispose();
    await this.#holder.dispose();
  }
}
