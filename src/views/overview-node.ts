import type { RunnableRemedy } from "./remedies.ts";

/** An icon and its colour, both by their VS Code names. */
export interface NodeIcon {
  readonly id: string;
  readonly color?: string;
}

/** One item of the overview, as data. Ids stay the same while values change. */
export interface OverviewNode {
  readonly id: string;
  readonly label: string;
  readonly description?: string;
  readonly tooltip?: string;
  readonly icon?: NodeIcon;
  readonly contextValue?: string;
  readonly accessibilityLabel: string;
  readonly expanded?: boolean;
  readonly command?: RunnableRemedy;
  readonly children: readonly OverviewNode[];
}
