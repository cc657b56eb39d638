import { type CommandContext, inspectorFor, print } from "../command-context.ts";
import { openControlCenter } from "../open-control-center.ts";

/** `palyra stop`: stops all services, whoever runs them, and keeps them stopped. */
export async function stop(context: CommandContext): Promise<void> {
  const { source } = await inspectorFor(context).inspect();
  if (source === "nothing") {
    report(context, false, "Palyra is not running.");
    return;
  }
  const center = await openControlCenter(context, {}, { gateway: false, browserd: false });
  try {
    await center.stop();
  } finally {
    await center.dispose();
  }
  report(context, true, "The services have stopped.");
}

function report(context: CommandContext, stopped: boolean, sentence: string): void {
  print(context, [context.json ? JSON.stringify({ stopped }) : sentence]);
}
