import type { ControlCenterSnapshot } from "../contracts/snapshot.ts";
import { PalyraError } from "../platform/errors.ts";
import { statePaths } from "../platform/state-paths.ts";
import type { ControlCenter } from "../supervisor/control-center.ts";
import { EncryptedFileSecretStore } from "../supervisor/encrypted-file-secret-store.ts";
import { callGateway } from "../supervisor/gateway-call.ts";
import { tokenRefs } from "../supervisor/service-secrets.ts";
import { type CommandContext, inspectorFor } from "./command-context.ts";
import type { GatewayRoad } from "./gateway-client.ts";
import { openControlCenter } from "./open-control-center.ts";

/** How long a gateway that was just started may take to open its store, in milliseconds. */
const openingMs = 10_000;

/**
 * The way to the gateway that runs: through who owns it, else straight to it with the token of the encrypted file.
 * @throws `not_running`; `secrets_elsewhere` when VS Code keeps the token and does not run
 */
export async function findGateway(context: CommandContext): Promise<GatewayRoad> {
  const inspector = inspectorFor(context);
  const owner = await inspector.findOwner({ snapshot: () => undefined, log: () => undefined });
  if (owner !== null) {
    if (owner.snapshot.quick_facts.gateway_url === null) {
      owner.close();
      throw notRunning();
    }
    return {
      call: (call, signal) => owner.callGateway(call, signal),
      close: async () => owner.close(),
    };
  }
  const { snapshot } = await inspector.inspect();
  const { gateway_url: url, secrets_home: home } = snapshot.quick_facts;
  if (url === null) throw notRunning();
  if (home !== "file") {
    throw new PalyraError("secrets_elsewhere", "The gateway's token is kept by VS Code, which does not run.");
  }
  const token = await new EncryptedFileSecretStore(statePaths(context.stateRoot).secretsDir).peek(
    tokenRefs.gateway,
  );
  if (token === undefined) throw notRunning();
  return { call: (call, signal) => callGateway({ url, token }, call, signal), close: async () => undefined };
}

/** How the gateway is: `alone` while nobody watches over it, after which it ends by itself. */
export async function gatewayPresence(context: CommandContext): Promise<"watched" | "alone" | "stopped"> {
  const { snapshot, source } = await inspectorFor(context).inspect();
  if (snapshot.quick_facts.gateway_url === null) return "stopped";
  return source === "owner" ? "watched" : "alone";
}

/** Starts the gateway, if need be, and watches over it until the road is closed; it then goes on for its linger time. */
export async function startGateway(context: CommandContext): Promise<GatewayRoad> {
  const center = await openControlCenter(context, {});
  try {
    await center.start("gateway");
    await untilOpen(center);
  } catch (thrown) {
    await center.dispose();
    throw leftAlone(thrown);
  }
  return { call: (call, signal) => center.callGateway(call, signal), close: () => center.dispose() };
}

/** A crash is not followed by another start here, because nobody stays to watch over it. */
function leftAlone(thrown: unknown): unknown {
  if (!(thrown instanceof PalyraError) || thrown.code !== "internal_error") return thrown;
  return new PalyraError("internal_error", thrown.message, {
    nextStep: "“palyra logs gateway” tells why. “palyra up” starts it again after a crash.",
    cause: thrown,
  });
}

/** Waits until the gateway has opened what it works with; what keeps it from that, its answers tell. */
async function untilOpen(center: ControlCenter): Promise<void> {
  const isOpen = ({ gateway }: ControlCenterSnapshot): boolean =>
    gateway !== null && !gateway.status.reasons.some(({ code }) => code === "service_unavailable");
  if (isOpen(center.snapshot)) return;
  await new Promise<void>((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      subscription.dispose();
      resolve();
    };
    const timer = setTimeout(finish, openingMs);
    const subscription = center.onSnapshot((snapshot) => {
      if (isOpen(snapshot)) finish();
    });
  });
}

function notRunning(): PalyraError {
  return new PalyraError("not_running", "The gateway is not running.", {
    nextStep: "Start it with “palyra up” in another terminal or “Palyra: Start” in VS Code, or add --start.",
  });
}
