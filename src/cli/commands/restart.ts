import { serviceDisplayNames } from "../../contracts/service-kinds.ts";
import type { ServiceKind } from "../../contracts/services.ts";
import { PalyraError } from "../../platform/errors.ts";
import { type CommandContext, inspectorFor } from "../command-context.ts";
import type { Answer } from "../output/answer.ts";
import { record } from "../output/record.ts";
import { visibleText } from "../visible-text.ts";

/**
 * `palyra restart [service]`: has who owns the services stop and start them.
 * @param service null for all
 * @throws `not_running` when nobody owns them
 */
export async function restart(context: CommandContext, service: ServiceKind | null): Promise<Answer> {
  const owner = await inspectorFor(context).findOwner({ snapshot: () => undefined, log: () => undefined });
  if (owner === null) {
    throw new PalyraError("not_running", "No window or terminal watches over the services.", {
      nextStep: "Start them with “palyra up”; it takes over what still runs.",
    });
  }
  try {
    const message = await owner.command({ kind: "restart", ...(service === null ? {} : { service }) });
    return {
      data: { restarted: true, service, message },
      records: [
        record("restart", {
          restarted: true,
          service: service === null ? "all" : serviceDisplayNames[service],
          message,
        }),
      ],
      lines: () => [visibleText(message)],
    };
  } finally {
    owner.close();
  }
}
