import type { z } from "zod";
import { type SelfCheckRequest, selfCheckFlag } from "../../contracts/self-check.ts";
import { askProgram } from "../ask-program.ts";
import type { SidecarProgram } from "../spawn-sidecar.ts";

/**
 * Starts a sidecar's program in its check mode.
 * @throws `service_unavailable` when it does not answer in time or answers nonsense
 */
export async function runCheckMode<Schema extends z.ZodType>(
  program: SidecarProgram,
  request: SelfCheckRequest,
  findings: Schema,
): Promise<z.output<Schema>> {
  return await askProgram(program, selfCheckFlag, request, findings);
}
