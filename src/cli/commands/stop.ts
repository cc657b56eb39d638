import { type CommandContext, inspectorFor } from "../command-context.ts";
import { openControlCenter } from "../open-control-center.ts";
import type { Answer } from "../output/answer.ts";
import { record } from "../output/record.ts";

/** `palyra stop`: stops all services, whoever runs them, and keeps them stopped. */
export async function stop(context: CommandContext): Promise<Answer> {
  const { source } = await inspectorFor(context).inspect();
  if (source === "nothing") return stopAnswer(false, "Palyra is not running.");
  const center = await openControlCenter(context, {}, { gateway: false, browserd: false });
  try {
    await center.stop();
  } finally {
    await center.dispose();
  }
  return stopAnswer(true, "The services have stopped.");
}

function stopAnswer(stopped: boolean, sentence: string): Answer {
  return { data: { stopped }, records: [record("stop", { stopped })], lines: () => [sentence] };
}
