import type { ApplyResponse } from "../../../contracts/http-onboarding.ts";
import type { Answer } from "../../output/answer.ts";
import { record } from "../../output/record.ts";
import { visibleText } from "../../visible-text.ts";
import { checkLines, previewLines } from "./preflight-lines.ts";

/** An account that was connected. */
export function appliedAnswer(answer: ApplyResponse): Answer {
  const { preflight, applied, connector, connector_id } = answer;
  return {
    data: answer,
    records: [
      record("channels.discord.setup", {
        connector_id,
        changed: applied.changed,
        token_stored: applied.token_stored,
        config_path: applied.config_path,
        config_changed: applied.config_changed,
        readiness: connector?.readiness ?? null,
        liveness: connector?.liveness ?? null,
      }),
      ...preflight.checks.map(({ id, status, message }) => record("discord.check", { id, status, message })),
      ...(preflight.channel === null
        ? []
        : [
            record("discord.channel_permission_check", {
              channel_id: preflight.channel.channel_id,
              missing: preflight.channel.missing,
            }),
          ]),
      ...preflight.warnings.map((text) => record("discord.warning", { text })),
      ...preflight.policy_warnings.map(({ code, origin, message }) =>
        record("discord.policy_warning", { code, origin, text: message }),
      ),
    ],
    lines: (paint) => [
      ...checkLines(preflight.checks, paint),
      "",
      ...previewLines(preflight, paint),
      "",
      visibleText(
        `${connector_id} is connected${preflight.bot === null ? "" : ` as ${preflight.bot.username}`}. Its settings are in ${applied.config_path}.`,
      ),
    ],
  };
}
