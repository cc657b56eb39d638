import type { DecideApprovalRequest } from "../contracts/approvals.ts";
import { discordTokenRef } from "../contracts/gateway-config.ts";
import type { GatewayStatus } from "../contracts/sidecar-status.ts";
import { messageOf } from "../platform/errors.ts";
import type { RunningService, SidecarContext } from "../sidecar/run-sidecar.ts";
import type { Agent } from "./agent/agent.ts";
import { echoAgent } from "./agent/echo-agent.ts";
import { ownerActor } from "./approvals/approval-desk.ts";
import { Channels } from "./channels.ts";
import { configEvent } from "./config-event.ts";
import { ConfigFile } from "./config-file.ts";
import { gatewayApi } from "./gateway-api.ts";
import { buildGatewayStatus } from "./gateway-status.ts";
import { startGatewayServer } from "./http/gateway-server.ts";
import { AccountTurns } from "./onboarding/account-turns.ts";
import { StagedNote } from "./onboarding/staged-note.ts";
import { UnfinishedAccount } from "./onboarding/unfinished-account.ts";
import { HookListener } from "./webhooks/hook-listener.ts";
import { Webhooks } from "./webhooks/webhooks.ts";

const misusedToken = "it was shown by a request from a foreign page or host";

/**
 * Brings the gateway up: configuration, HTTP port; then the store and the connectors behind it.
 * @param bundleUrl `import.meta.url` of the program's entry, beside which the store finds its files
 * @param agent answers the messages; the built-in one by default
 */
export async function startGateway(
  context: SidecarContext,
  bundleUrl: string,
  agent: Agent = echoAgent,
): Promise<RunningService> {
  const { log } = context;
  const config = new ConfigFile(context.paths.gatewayConfig, log, () => {
    channels.noteConfig(configEvent(config.problem, config.current.hash, Date.now()));
    channels.applyConfig().catch((thrown: unknown) => {
      log.error("the configuration could not be applied", { error: messageOf(thrown) });
    });
    void listener?.apply(config.current.config.webhooks);
    context.statusChanged();
  });
  const webhooks = new Webhooks({
    file: context.paths.webhooksConfig,
    log,
    secret: (ref, signal) => context.secrets.get(ref, signal),
    changed: () => context.statusChanged(),
  });
  let listener: HookListener | null = null;
  const channels = new Channels({
    context,
    webhooks,
    config: () => config.current.config,
    rules: () => config.current.rules,
    agent,
    bundleUrl,
  });
  const unfinished = new UnfinishedAccount({
    note: new StagedNote(context.paths.stagedAccount),
    configFile: context.paths.gatewayConfig,
    secrets: context.secrets,
    log,
    reapply: async (account, tokenChanged) => {
      await config.reload();
      await channels.applyConfig();
      if (tokenChanged) channels.credentialsChanged(discordTokenRef(account));
    },
  });
  const turns = new AccountTurns(unfinished);
  await unfinished.putFileBack();
  await config.open();
  await webhooks.open();
  const status = (): GatewayStatus =>
    buildGatewayStatus({
      ...channels.facts(),
      configProblem: config.problem,
      configHash: config.current.hash,
      webhooks: webhooks.status,
    });
  const server = await startGatewayServer({
    wish: context.boot.port,
    api: gatewayApi({ context, config, channels, webhooks, turns, status }),
    hooks: webhooks,
    publicHosts: () => config.current.config.webhooks.hosts,
    redactor: context.redactor,
    log,
    tokenMisused: () => context.suspectLeak(misusedToken),
  });
  listener = new HookListener({
    app: () => server.hooksOnly(),
    warnings: (warnings) => {
      webhooks.listenerWarnings = warnings;
    },
  });
  void listener.apply(config.current.config.webhooks);
  channels.open();
  return {
    ports: () => [{ name: "http", port: server.port }],
    status,
    tokensChanged: () => undefined,
    secretChanged: (ref) => {
      channels.credentialsChanged(ref);
      webhooks.secretChanged(ref);
    },
    controllerJoined: () => {
      channels.credentialsChanged(null);
      webhooks.secretChanged(null);
      void turns.settle();
    },
    reloadConfig: async () => {
      await config.reload();
      await webhooks.registry.reload();
    },
    events: (request) => channels.events(request),
    decideApproval: (request) => ownersWord(channels, request),
    stop: async (drainMs) => {
      config.close();
      webhooks.close();
      await listener?.close();
      await channels.stop(drainMs);
      await server.close();
    },
  };
}

async function ownersWord(channels: Channels, asked: DecideApprovalRequest): Promise<string> {
  const { approval_id, verdict, reason, via } = asked;
  const { sentence } = await channels.approvals.decide(approval_id, { verdict, reason, by: ownerActor(via) });
  return verdict === "allow" ? `Allowed once: ${sentence}` : `Denied: ${sentence}`;
}
