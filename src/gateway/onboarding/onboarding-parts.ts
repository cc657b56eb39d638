import type { ConnectorSupervisor } from "../../connectors/connector-supervisor.ts";
import type { PairingDesk } from "../../connectors/router/pairing/pairing-desk.ts";
import type { InboundMessageEvent } from "../../contracts/connector.ts";
import { PalyraError } from "../../platform/errors.ts";
import type { ChannelDesk } from "../channel-desk.ts";
import type { ParsedConfig } from "../parse-config.ts";
import type { StagedNote } from "./staged-note.ts";

/** How long the control center has to hand over a secret, in milliseconds. */
const secretTimeoutMs = 10_000;

/** What setting up accounts works with. */
export interface OnboardingParts {
  /** Path of `palyra.toml`. */
  readonly configFile: string;
  readonly config: {
    readonly current: ParsedConfig;
    /** Reads the file now. */
    reload(): Promise<void>;
  };
  readonly secrets: {
    get(ref: string, signal: AbortSignal): Promise<string>;
    /** Keeps a secret, or removes it with null. */
    change(ref: string, value: string | null): Promise<void>;
  };
  /** On the disk while an account is being set up. */
  readonly note: StagedNote;
  /** Makes a value known as a secret, before anything is done with it. */
  readonly hide: (secret: string) => void;
  readonly channels: {
    readonly connectors: ConnectorSupervisor;
    readonly desk: ChannelDesk;
    readonly pairing: PairingDesk;
    applyConfig(): Promise<void>;
    /** Calls back when the state of a connector may have changed. */
    watch(listener: () => void): () => void;
    /** Calls back with each message that comes in. */
    listen(listener: (event: InboundMessageEvent) => void): () => void;
  };
}

/**
 * A stored secret; null when there is none.
 * @throws `secret_store_unavailable` when nobody can tell; `secrets_elsewhere`
 */
export async function storedSecret(
  { secrets }: Pick<OnboardingParts, "secrets">,
  ref: string,
  signal: AbortSignal,
): Promise<string | null> {
  const late = AbortSignal.timeout(secretTimeoutMs);
  try {
    return await secrets.get(ref, AbortSignal.any([signal, late]));
  } catch (thrown) {
    if (thrown instanceof PalyraError && thrown.code === "secret_missing") return null;
    if (late.aborted && !signal.aborted) {
      throw new PalyraError(
        "secret_store_unavailable",
        "No control center is there to ask for the bot token.",
        {
          nextStep: "Open VS Code with Palyra, or run “palyra up”, then try again.",
        },
      );
    }
    throw thrown;
  }
}

/** @throws when nobody waits for the answer any more */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new PalyraError("conflict", "It was cancelled; everything is as it was before.");
}
