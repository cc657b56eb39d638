import { errorCatalogue } from "../../contracts/errors.ts";
import { type CommandContext, inspectorFor, paintOf, print } from "../command-context.ts";
import { renderStatus } from "../render-status.ts";
import { visibleJson } from "../visible-text.ts";

/**
 * `palyra status`: what the owner says, else what the sidecars say.
 * @returns the exit code: 0 when something runs, that of `not_running` otherwise
 */
export async function status(context: CommandContext): Promise<number> {
  const { snapshot, source } = await inspectorFor(context).inspect();
  if (context.json) print(context, [visibleJson(snapshot)]);
  else if (source === "nothing")
    print(context, ["Palyra is not running.", errorCatalogue.not_running.nextStep]);
  else {
    print(context, renderStatus(snapshot, Date.now(), paintOf(context)));
    if (source === "sidecars") print(context, ["  No window or terminal watches over the services now."]);
  }
  const runs = snapshot.services.some(({ pid }) => pid !== null);
  return runs ? 0 : errorCatalogue.not_running.exitCode;
}
