import type { ConnectorAvailability, ConnectorCapabilities } from "../contracts/connector-operations.ts";

/** What is known of a provider without an account. */
export interface ProviderDescriptor {
  readonly kind: string;
  readonly availability: ConnectorAvailability;
  readonly capabilities: ConnectorCapabilities;
}

type Flag = Exclude<keyof ConnectorCapabilities, "message">;
type MessageFlag = keyof ConnectorCapabilities["message"];

const flags: readonly Flag[] = [
  "lifecycle",
  "status",
  "logs",
  "health_refresh",
  "resolve",
  "pairings",
  "qr",
  "webhook_ingress",
];
const messageFlags: readonly MessageFlag[] = [
  "send",
  "thread",
  "reply",
  "read",
  "search",
  "edit",
  "delete",
  "react_add",
  "react_remove",
];

function capabilities(
  supports: (flag: Flag | MessageFlag) => boolean,
  reason: string,
): ConnectorCapabilities {
  const entry = (flag: Flag | MessageFlag) =>
    supports(flag) ? { supported: true, reason: null } : { supported: false, reason };
  return {
    ...(Object.fromEntries(flags.map((flag) => [flag, entry(flag)])) as Omit<
      ConnectorCapabilities,
      "message"
    >),
    message: Object.fromEntries(
      messageFlags.map((flag) => [flag, entry(flag)]),
    ) as ConnectorCapabilities["message"],
  };
}

const deferred = (kind: string): ProviderDescriptor => ({
  kind,
  availability: "deferred",
  capabilities: capabilities((flag) => flag === "status" || flag === "logs", `${kind} is not available yet.`),
});

/** All providers, those that are only planned included. */
export const providers: readonly ProviderDescriptor[] = [
  {
    kind: "echo",
    availability: "internal_test_only",
    capabilities: capabilities(
      (flag) => flag === "status" || flag === "logs" || flag === "send",
      "The test connector has no provider behind it.",
    ),
  },
  {
    kind: "discord",
    availability: "supported",
    capabilities: capabilities(
      (flag) => flag !== "webhook_ingress" && flag !== "qr",
      "Discord has no such thing for bots.",
    ),
  },
  deferred("slack"),
  deferred("telegram"),
];

/** The descriptor of a kind; one that nobody registered is deferred. */
export function providerOf(kind: string): ProviderDescriptor {
  return providers.find((provider) => provider.kind === kind) ?? deferred(kind);
}

/** How far a connector of this id can be used, by its kind. */
export function availabilityOf(connectorId: string): ConnectorAvailability {
  return providerOf(connectorId.split(":", 1)[0] ?? "").availability;
}
