import type { ControlCenterSnapshot } from "../contracts/snapshot.ts";
import type { DisposableLike } from "../supervisor/control-center-options.ts";
import type { OverviewNode } from "./overview-node.ts";
import { overviewNodes } from "./overview-nodes.ts";
import { type StatusPresentation, statusPresentation } from "./status-presentation.ts";
import type { ViewStateSource } from "./view-state-source.ts";

/** What the extension gives to other extensions, and to the tests that run beside it. */
export interface PalyraApi {
  /** The last snapshot; undefined while there is none. Holds no secret. */
  readonly snapshot: () => ControlCenterSnapshot | undefined;
  /** What the overview shows at this moment. */
  readonly overview: () => readonly OverviewNode[];
  /** What the status bar item shows at this moment. */
  readonly status: () => StatusPresentation;
  readonly onDidChange: (listener: () => void) => DisposableLike;
}

export function palyraApi(source: ViewStateSource): PalyraApi {
  return {
    snapshot: () => (source.state.center.kind === "open" ? source.state.center.snapshot : undefined),
    overview: () => overviewNodes(source.state, Date.now()),
    status: () => statusPresentation(source.state),
    onDidChange: (listener) => source.onChange(() => listener()),
  };
}
