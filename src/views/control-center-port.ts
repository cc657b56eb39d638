import type { LogLine, ServiceKind } from "../contracts/services.ts";
import type { ControlCenterSnapshot } from "../contracts/snapshot.ts";
import type { DisposableLike } from "./disposables.ts";

/** What the editor needs of a control center. */
export interface ControlCenterPort {
  readonly snapshot: ControlCenterSnapshot;
  onSnapshot(listener: (snapshot: ControlCenterSnapshot) => void): DisposableLike;
  onLog(listener: (line: LogLine) => void): DisposableLike;
  start(service?: ServiceKind): Promise<void>;
  stop(service?: ServiceKind): Promise<void>;
  restart(service?: ServiceKind): Promise<void>;
  retry(service?: ServiceKind): Promise<void>;
  rotateTokens(): Promise<void>;
  setSecret(ref: string, value: string): Promise<void>;
  logs(service?: ServiceKind): Promise<readonly LogLine[]>;
  dispose(): Promise<void>;
}
