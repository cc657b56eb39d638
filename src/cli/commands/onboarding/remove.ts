import type { Command } from "commander";
import { AccountRemoveResponse } from "../../../contracts/http-onboarding.ts";
import { confirmed } from "../../confirm.ts";
import { type SelectorFlags, selectedAccount, withSelector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { record } from "../../output/record.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";

interface Flags extends SelectorFlags {
  readonly start?: boolean;
  readonly keepCredential?: boolean;
  readonly deleteHistory?: boolean;
  readonly yes?: boolean;
}

/** Adds `palyra channels remove`. */
export function addRemove(channels: Command, shell: Shell): void {
  const remove = needsGateway(
    withSelector(
      channels
        .command("remove")
        .description("take an account out, with its settings, its token and what waits"),
    ),
  )
    .option("--keep-credential", "keep its token")
    .option("--delete-history", "also its events and dead letters")
    .option("--yes", "do not ask");
  withExamples(
    remove,
    "palyra channels remove discord --yes",
    "palyra channels remove discord:ops --keep-credential",
  );
  remove.action(async (named: string | undefined, given: Flags) => {
    const account = selectedAccount(named, given);
    const keep = given.keepCredential ?? false;
    const question = `Remove the account “${account}”? What waits in its queue is let go.`;
    await confirmed(shell.context().terminal, given.yes ?? false, question);
    const body = {
      account_id: account,
      confirm: true,
      keep_credential: keep,
      keep_history: !(given.deleteHistory ?? false),
    };
    await showFromGateway(shell, given, async (gateway) => {
      const answer = await gateway.post("/channels/discord/accounts/remove", body, AccountRemoveResponse);
      const { connector_id, credential_deleted } = answer;
      return {
        data: answer,
        records: [
          record("channels.remove", {
            provider: "discord",
            connector_id,
            disabled: true,
            keep_credential: keep,
            credential_deleted,
          }),
        ],
        lines: () => [
          visibleText(
            `${connector_id} is removed${credential_deleted ? ", and its token is forgotten" : ""}.`,
          ),
        ],
      };
    });
  });
}
