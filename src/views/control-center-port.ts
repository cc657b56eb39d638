import type { ControlCenter } from "../supervisor/control-center.ts";

/** What the editor needs of a control center. */
export type ControlCenterPort = Pick<
  ControlCenter,
  | "snapshot"
  | "onSnapshot"
  | "onLog"
  | "watchUsage"
  | "start"
  | "stop"
  | "restart"
  | "retry"
  | "rotateTokens"
  | "setSecret"
  | "deleteSecret"
  | "decideApproval"
  | "callGateway"
  | "logs"
  | "dispose"
>;
