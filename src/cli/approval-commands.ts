import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { type ApprovalVerdict, approvalBounds, DecideApprovalRequest } from "../contracts/approvals.ts";
import { decideApproval, listApprovals } from "./commands/approvals.ts";
import { withExamples } from "./examples.ts";
import { type Shell, show } from "./shell.ts";

/** Adds `palyra approvals`. */
export function addApprovalCommands(program: Command, shell: Shell): void {
  const approvals = program
    .command("approvals")
    .description("show the risky actions that wait for your decision")
    .action(async () => show(shell, listApprovals));
  withExamples(approvals, "palyra approvals");
  const id = (): Argument =>
    new Argument("<id>", "id that “palyra approvals” shows").argParser((text: string) => {
      if (DecideApprovalRequest.shape.approval_id.safeParse(text).success) return text;
      throw new InvalidArgumentError("It is no id of an approval; “palyra approvals” shows them.");
    });
  const reason = (): Option =>
    new Option("--reason <text>", "told to who asked").argParser((text: string) => {
      if (text.length <= approvalBounds.reason) return text;
      throw new InvalidArgumentError(`It must have at most ${approvalBounds.reason} characters.`);
    });
  const add = (verdict: ApprovalVerdict, description: string): void => {
    withExamples(approvals.command(verdict), `palyra approvals ${verdict} 01JD0000000000000000000000`)
      .description(description)
      .addArgument(id())
      .addOption(reason())
      .action(async (approvalId: string, given: { reason?: string }) => {
        await show(shell, (context) => decideApproval(context, approvalId, verdict, given.reason ?? null));
      });
  };
  add("allow", "let an action through, this once");
  add("deny", "keep an action from being done");
}
