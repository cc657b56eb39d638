import type { Command } from "commander";
import { AccountLogoutResponse } from "../../../contracts/http-onboarding.ts";
import { confirmed } from "../../confirm.ts";
import { type SelectorFlags, selectedAccount, withSelector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { record } from "../../output/record.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";

interface Flags extends SelectorFlags {
  readonly start?: boolean;
  readonly keepCredential?: boolean;
  readonly deleteCredential?: boolean;
  readonly yes?: boolean;
}

/** Adds `palyra channels logout`. */
export function addLogout(channels: Command, shell: Shell): void {
  const logout = needsGateway(
    withSelector(
      channels.command("logout").description("disconnect an account and leave it so; its settings are kept"),
    ),
  )
    .option("--delete-credential", "also forget its token")
    .option("--keep-credential", "keep its token, as without it")
    .option("--yes", "do not ask");
  withExamples(
    logout,
    "palyra channels logout discord",
    "palyra channels logout discord --delete-credential --yes",
  );
  logout.action(async (named: string | undefined, given: Flags) => {
    const account = selectedAccount(named, given);
    const forget = given.deleteCredential ?? false;
    const question = `Forget the token of the account “${account}”?`;
    if (forget) await confirmed(shell.context().terminal, given.yes ?? false, question);
    const body = { account_id: account, delete_credential: forget };
    await showFromGateway(shell, given, async (gateway) => {
      const answer = await gateway.post("/channels/discord/accounts/logout", body, AccountLogoutResponse);
      const { connector_id, credential_deleted } = answer;
      return {
        data: answer,
        records: [
          record("channels.logout", {
            provider: "discord",
            connector_id,
            disabled: true,
            keep_credential: !forget,
            credential_deleted,
          }),
        ],
        lines: () => [
          visibleText(
            `${connector_id} is disconnected${credential_deleted ? ", and its token is forgotten" : ""}.`,
          ),
        ],
      };
    });
  });
}
