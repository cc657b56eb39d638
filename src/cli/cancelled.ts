/** The user ended a dialogue; nothing was changed by it. */
export class Cancelled extends Error {
  constructor() {
    super("Cancelled; nothing was changed.");
    this.name = "Cancelled";
  }
}

/** Exit code of a command that was ended by the user, as shells have it (128 + SIGINT). */
export const cancelledExitCode = 130;
