import type {
  HelloRequest,
  SecretChange,
  SecretChangeResult,
  SecretRequest,
  SecretResponse,
} from "../contracts/control-link.ts";
import type { LogLevel, LogLine, ServiceKind } from "../contracts/services.ts";
import type { SidecarStatus } from "../contracts/sidecar-status.ts";
import type { Redactor } from "../platform/redactor.ts";
import type { StatePaths } from "../platform/state-paths.ts";
import type { BootFacts } from "./boot-facts.ts";
import type { ProcessEvent } from "./service-model.ts";
import type { SidecarProgram } from "./spawn-sidecar.ts";
import type { SupervisorTimings } from "./supervisor-timings.ts";

/** What every run of one service is made with. */
export interface SidecarRunOptions {
  readonly service: ServiceKind;
  readonly paths: StatePaths;
  readonly program: SidecarProgram;
  readonly client: HelloRequest["client"];
  readonly timings: SupervisorTimings;
  readonly redactor: Redactor;
  readonly clock: { now(): number };
  /** Rejects with `secrets_elsewhere` and the like when the tokens cannot be had. */
  bootFacts(): Promise<BootFacts>;
  secret(request: SecretRequest): Promise<SecretResponse>;
  changeSecret(change: SecretChange): Promise<SecretChangeResult>;
  /** The sidecar says that its token may be known to others. */
  suspected(reason: string): void;
  /** `backlog`: lines that may be known already. */
  logged(lines: readonly LogLine[], backlog: boolean): void;
}

/** What a run tells its runner. */
export interface SidecarRunEvents {
  event(event: ProcessEvent): void;
  status(status: SidecarStatus): void;
  /** The sidecar proved itself, and the machine knows. */
  connected(): void;
  /** The process is gone; its exit follows as an event. */
  gone(): void;
  log(level: LogLevel, text: string): void;
}
