import { detailsOf } from "../../../platform/errors.ts";
import { errorIn } from "../../../supervisor/next-steps.ts";
import { Cancelled } from "../../cancelled.ts";
import { visibleText } from "../../visible-text.ts";
import type { DialogueScreen } from "./dialogue-screen.ts";

/**
 * Does work, and again when the user wants it after an error.
 * @throws the error when the user does not; `Cancelled`
 */
export async function retried<T>(
  screen: DialogueScreen,
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await screen.busy(what, work);
    } catch (thrown) {
      if (thrown instanceof Cancelled) throw thrown;
      const { message, next_step } = errorIn("terminal", detailsOf(thrown));
      screen.bad(visibleText(`${message}\n${next_step}`));
      if (!(await screen.agreed("Try again?"))) throw thrown;
    }
  }
}
