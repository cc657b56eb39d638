import type { Command } from "commander";
import { addAdd } from "./commands/webhooks/add.ts";
import { addDeliveries } from "./commands/webhooks/deliveries.ts";
import { addDispatch } from "./commands/webhooks/dispatch.ts";
import { addEnable } from "./commands/webhooks/enable.ts";
import { addList } from "./commands/webhooks/list.ts";
import { addRemove } from "./commands/webhooks/remove.ts";
import { addReplay } from "./commands/webhooks/replay.ts";
import { addShow } from "./commands/webhooks/show.ts";
import { addSign } from "./commands/webhooks/sign.ts";
import { addTest } from "./commands/webhooks/test.ts";
import type { Shell } from "./shell.ts";

/** Adds `palyra webhooks`. */
export function addWebhookCommands(program: Command, shell: Shell): void {
  const webhooks = program.command("webhooks").description("take messages from other programs over HTTP");
  addList(webhooks, shell);
  addShow(webhooks, shell);
  addAdd(webhooks, shell);
  addEnable(webhooks, shell);
  addRemove(webhooks, shell);
  addTest(webhooks, shell);
  addSign(webhooks, shell);
  addDispatch(webhooks, shell);
  addDeliveries(webhooks, shell);
  addReplay(webhooks, shell);
}
