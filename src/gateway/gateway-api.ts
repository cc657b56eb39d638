import type { HealthzResponse } from "../contracts/http.ts";
import type { GatewayStatus } from "../contracts/sidecar-status.ts";
import { PalyraError } from "../platform/errors.ts";
import { productVersion } from "../platform/version.ts";
import type { SidecarContext } from "../sidecar/run-sidecar.ts";
import type { Channels } from "./channels.ts";
import type { ConfigFile } from "./config-file.ts";
import type { ApiParts } from "./http/api.ts";
import { ConsoleSessions } from "./http/console-sessions.ts";
import { LoginBackoff, RateLimit } from "./http/rate-limit.ts";
import { loadOnce } from "./load-once.ts";
import type { AccountTurns } from "./onboarding/account-turns.ts";
import { StagedNote } from "./onboarding/staged-note.ts";
import { routingConfigOf } from "./routing-config.ts";
import type { WebhookDesk } from "./webhooks/webhook-desk.ts";
import type { Webhooks } from "./webhooks/webhooks.ts";

export interface GatewayApiParts {
  readonly context: SidecarContext;
  readonly config: ConfigFile;
  readonly channels: Channels;
  readonly webhooks: Webhooks;
  /** Changes of accounts. */
  readonly turns: AccountTurns;
  readonly status: () => GatewayStatus;
}

/** What the HTTP routes are answered with. Libraries that few requests need are loaded with the first of them. */
export function gatewayApi({
  context,
  config,
  channels,
  webhooks,
  turns,
  status,
}: GatewayApiParts): ApiParts {
  const health = (): HealthzResponse => ({
    service: "palyrad",
    status: status().health,
    version: productVersion,
    uptime_seconds: Math.floor((Date.now() - context.startedAt) / 1000),
  });
  const onboarding = loadOnce(async () => {
    const { openOnboarding } = await import("./onboarding/open-onboarding.ts");
    const { gatewayConfig: configFile, stagedAccount } = context.paths;
    const { secrets } = context;
    const note = new StagedNote(stagedAccount);
    const hide = (secret: string): void => context.redactor.add(secret);
    return openOnboarding({ configFile, config, secrets, note, hide, channels }, turns);
  });
  const api: ApiParts = {
    sessions: new ConsoleSessions(),
    backoff: new LoginBackoff(),
    limit: new RateLimit(),
    acceptsToken: (token) => context.tokens.accepts(token),
    health,
    adminStatus: () => ({ ...health(), gateway: status() }),
    metrics: async () => {
      const { renderMetrics } = await import("./metrics.ts");
      return await renderMetrics(status());
    },
    openApi: loadOnce(async () => {
      const [{ openApiDocument }, { addApi }] = await Promise.all([
        import("./http/open-api.ts"),
        import("./http/api.ts"),
      ]);
      return await openApiDocument((app) => addApi(app, api));
    }),
    channels: () => channels.desk,
    messages: () => channels.messages,
    setEnabled: async (connectorId, enabled) => {
      const { accounts } = await onboarding();
      await accounts.setEnabled(accountOf(connectorId), enabled);
    },
    onboarding,
    rules: () => config.current.rules,
    warnings: async () => {
      const { ruleWarnings } = await import("../connectors/router/rule-warnings.ts");
      return ruleWarnings(routingConfigOf(config.current.config));
    },
    pairing: () => channels.pairing,
    approvals: () => channels.approvals,
    webhooks: loadOnce(async (): Promise<WebhookDesk> => {
      const { WebhookDesk } = await import("./webhooks/webhook-desk.ts");
      return new WebhookDesk(webhooks);
    }),
    tell: (connectorId, conversationId, text) => channels.desk.tell(connectorId, conversationId, text),
  };
  return api;
}

/** @throws `not_found` for a connector that is no account in palyra.toml */
function accountOf(connectorId: string): string {
  const [kind, account] = connectorId.split(":");
  if (kind === "discord" && account !== undefined) return account;
  throw new PalyraError("not_found", `palyra.toml has no section for ${connectorId}.`);
}
