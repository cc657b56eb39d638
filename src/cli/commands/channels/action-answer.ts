import type { ChannelActionResponse } from "../../../contracts/http-channels.ts";
import type { Answer } from "../../output/answer.ts";
import { record } from "../../output/record.ts";
import { visibleText } from "../../visible-text.ts";
import { statusRecords } from "./status-answer.ts";

/** What was done to a connector's queue, and how it is after that. */
export function actionAnswer(answer: ChannelActionResponse): Answer {
  const { action, connector, operations } = answer;
  const { drain } = action;
  return {
    data: answer,
    records: [
      record("channels.action", {
        id: connector.connector_id,
        type: action.type,
        processed: drain?.processed,
        delivered: drain?.delivered,
        retried: drain?.retried,
        dead_lettered: drain?.dead_lettered,
        message: action.message,
      }),
      ...statusRecords(answer),
    ],
    lines: (paint) => {
      const { inbox_pending, pending_outbox, dead_letters } = operations.queue;
      const rows = `${inbox_pending} in, ${pending_outbox} out, ${dead_letters} dead`;
      return [visibleText(action.message), paint("dim", `The queue of ${connector.connector_id}: ${rows}.`)];
    },
  };
}
