import type { Check } from "./check.ts";
import { browserCheck } from "./checks/browser.ts";
import { clockCheck } from "./checks/clock.ts";
import { configurationCheck } from "./checks/configuration.ts";
import { discordCheck } from "./checks/discord.ts";
import { diskCheck } from "./checks/disk.ts";
import { foldersCheck } from "./checks/folders.ts";
import { leasesCheck } from "./checks/leases.ts";
import { modelCheck } from "./checks/model.ts";
import { portsCheck } from "./checks/ports.ts";
import { runtimeCheck } from "./checks/runtime.ts";
import { socketsCheck } from "./checks/sockets.ts";
import { stateFileCheck } from "./checks/state-file.ts";
import { storeCheck } from "./checks/store.ts";
import { tokensCheck } from "./checks/tokens.ts";
import { versionsCheck } from "./checks/versions.ts";

/** Everything the doctor looks at; repairs are done in this order, the ground first. */
export const allChecks: readonly Check[] = [
  runtimeCheck,
  diskCheck,
  foldersCheck,
  leasesCheck,
  socketsCheck,
  stateFileCheck,
  tokensCheck,
  storeCheck,
  configurationCheck,
  portsCheck,
  versionsCheck,
  browserCheck,
  discordCheck,
  modelCheck,
  clockCheck,
];
