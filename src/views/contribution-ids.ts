/** Every id that package.json and the code share; a test compares both. */

export const commandIds = {
  start: "palyra.start",
  stop: "palyra.stop",
  restart: "palyra.restart",
  startService: "palyra.startService",
  stopService: "palyra.stopService",
  restartService: "palyra.restartService",
  retry: "palyra.retry",
  openControlCenter: "palyra.openControlCenter",
  showLogs: "palyra.showLogs",
  showLogsAt: "palyra.showLogsAt",
  switchProfile: "palyra.switchProfile",
  rotateTokens: "palyra.rotateTokens",
  setDiscordToken: "palyra.setDiscordToken",
  openSettings: "palyra.openSettings",
  copySnapshot: "palyra.copySnapshot",
  searchLogs: "palyra.searchLogs",
  runDiagnostics: "palyra.runDiagnostics",
  exportSupportBundle: "palyra.exportSupportBundle",
  reset: "palyra.reset",
  allowApproval: "palyra.allowApproval",
  denyApproval: "palyra.denyApproval",
  setUp: "palyra.setUp",
  setUpStep: "palyra.setUpStep",
  connectDiscord: "palyra.connectDiscord",
  trySimulatedDiscord: "palyra.trySimulatedDiscord",
  loginDiscord: "palyra.loginDiscord",
  logoutDiscord: "palyra.logoutDiscord",
  removeDiscord: "palyra.removeDiscord",
  enableChannel: "palyra.enableChannel",
  disableChannel: "palyra.disableChannel",
  restartChannel: "palyra.restartChannel",
  checkChannel: "palyra.checkChannel",
  pauseQueue: "palyra.pauseQueue",
  resumeQueue: "palyra.resumeQueue",
  drainQueue: "palyra.drainQueue",
  showDeadLetters: "palyra.showDeadLetters",
  managePairings: "palyra.managePairings",
  createPairingCode: "palyra.createPairingCode",
  sendTestMessage: "palyra.sendTestMessage",
  previewRouting: "palyra.previewRouting",
  showChannelLog: "palyra.showChannelLog",
  manageWebhooks: "palyra.manageWebhooks",
  addWebhook: "palyra.addWebhook",
  enableWebhook: "palyra.enableWebhook",
  disableWebhook: "palyra.disableWebhook",
  testWebhook: "palyra.testWebhook",
  removeWebhook: "palyra.removeWebhook",
  showDeliveries: "palyra.showDeliveries",
} as const;
export type CommandName = keyof typeof commandIds;
export type CommandId = (typeof commandIds)[CommandName];

export const settingIds = {
  startAuto: "palyra.start.auto",
  lingerSeconds: "palyra.sidecars.lingerSeconds",
  stateRoot: "palyra.stateRoot",
  browserPath: "palyra.browser.path",
  gatewayPort: "palyra.gateway.port",
  browserdPort: "palyra.browserd.port",
  rotateDays: "palyra.secrets.rotateDays",
  notifications: "palyra.notifications",
} as const;
export type SettingId = (typeof settingIds)[keyof typeof settingIds];

export const viewContainerId = "palyra";
export const overviewViewId = "palyra.overview";
export const panelViewType = "palyra.controlCenter";

/** Context keys of `when` and `enablement` clauses. */
export const contextKeys = {
  /** `opening`, `untrusted`, `failed`, `notStarted` or `open`. */
  phase: "palyra.phase",
  canStart: "palyra.canStart",
  canStop: "palyra.canStop",
  canRetry: "palyra.canRetry",
  hasChannels: "palyra.hasChannels",
  hasGateway: "palyra.hasGateway",
  hasWebhooks: "palyra.hasWebhooks",
  canEnableWebhook: "palyra.canEnableWebhook",
  canDisableWebhook: "palyra.canDisableWebhook",
  hasApprovals: "palyra.hasApprovals",
  canEnableChannel: "palyra.canEnableChannel",
  canDisableChannel: "palyra.canDisableChannel",
  canPauseQueue: "palyra.canPauseQueue",
  canResumeQueue: "palyra.canResumeQueue",
  canDrainQueue: "palyra.canDrainQueue",
  hasDeadLetters: "palyra.hasDeadLetters",
  /** Whether the walkthrough of the set-up has been opened in this window. */
  setupShown: "palyra.setupShown",
} as const;

/** Context key that says whether a step of the set-up is done or skipped. */
export function setupContextKey(step: string): string {
  return `palyra.setup.${step}`;
}

/** The walkthrough, and the command of VS Code that opens one. */
export const walkthroughId = "setup";
export const openWalkthroughCommand = "workbench.action.openWalkthrough";

/** Words inside a tree item's context value; menus ask for them with a regular expression. */
export const itemTraits = {
  service: "service",
  canStart: "canStart",
  canStop: "canStop",
  canRetry: "canRetry",
  approval: "approval",
  connector: "connector",
  discord: "discord",
  canEnable: "canEnable",
  canDisable: "canDisable",
  canPause: "canPause",
  canResume: "canResume",
  canDrain: "canDrain",
  hasDeadLetters: "hasDeadLetters",
  webhooks: "webhooks",
} as const;

/** Command of VS Code itself that opens the workspace trust editor. */
export const manageTrustCommand = "workbench.trust.manage";
