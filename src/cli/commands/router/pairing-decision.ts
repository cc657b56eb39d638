import type { Command } from "commander";
import { PairingDecisionResponse } from "../../../contracts/http-router.ts";
import { requiredConnector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { record } from "../../output/record.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";

const decisions = [
  ["pairing-approve", "approve", "let a person in who waits to be paired"],
  ["pairing-deny", "deny", "turn a person away who waits to be paired"],
  ["pairing-revoke", "revoke", "end the pairing of a person"],
] as const;

/** Adds `palyra channels pairing-approve`, `pairing-deny` and `pairing-revoke`. */
export function addPairingDecisions(channels: Command, shell: Shell): void {
  for (const [name, decision, what] of decisions) {
    const command = needsGateway(channels.command(name).description(what))
      .argument("<connector>", "connector such as discord:default")
      .argument("<sender>", "who, as “palyra channels pairings” shows it");
    withExamples(command, `palyra channels ${name} discord discord:user:1100000000000000001`);
    command.action(async (named: string, sender: string, given: { start?: boolean }) => {
      const channel = requiredConnector(named, {});
      const body = { channel, sender, decision };
      await showFromGateway(shell, given, async (gateway) => {
        const answer = await gateway.post("/channels/router/pairings/decide", body, PairingDecisionResponse);
        return {
          data: answer,
          records: [record("channels.router.pairing.decision", { channel, sender, outcome: answer.outcome })],
          lines: () => [visibleText(`${sender}: ${answer.outcome.replaceAll("_", " ")}.`)],
        };
      });
    });
  }
}
