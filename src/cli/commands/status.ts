import { errorCatalogue } from "../../contracts/error-catalogue.ts";
import { type CommandContext, inspectorFor } from "../command-context.ts";
import type { Answer } from "../output/answer.ts";
import { snapshotRecords } from "../output/snapshot-records.ts";
import { renderStatus } from "../render-status.ts";

/** `palyra status`: what the owner says, else what the sidecars say. Its exit code tells whether anything runs. */
export async function status(context: CommandContext): Promise<Answer> {
  const { snapshot, source } = await inspectorFor(context).inspect();
  const runs = snapshot.services.some(({ pid }) => pid !== null);
  return {
    data: snapshot,
    records: snapshotRecords(snapshot),
    lines: (paint, now) => {
      if (source === "nothing") return ["Palyra is not running.", errorCatalogue.not_running.nextStep];
      const lines = renderStatus(snapshot, now, paint);
      return source === "sidecars"
        ? [...lines, "  No window or terminal watches over the services now."]
        : lines;
    },
    exitCode: runs ? 0 : errorCatalogue.not_running.exitCode,
  };
}
