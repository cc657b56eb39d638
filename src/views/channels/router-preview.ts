import { askChoice, type Entry } from "../wizard/quick-input.ts";
import type { ChannelDesk } from "./channel-desk.ts";

/** Ways in which a message can come. */
const manners = [
  { label: "mentions the bot in a server", addresses_bot: true, is_direct_message: false },
  { label: "does not mention the bot, in a server", addresses_bot: false, is_direct_message: false },
  { label: "direct message", addresses_bot: false, is_direct_message: true },
] as const;

const icons = { pass: "check", stop: "close", wait: "history" } as const;

/** Shows, while it is typed, what would become of a message under the rules that are in force. */
export async function previewRouting(desk: ChannelDesk, connectorId: string): Promise<void> {
  await askChoice<never>({
    place: { title: `Who Is Answered by ${connectorId}`, step: 1, total: 1, canGoBack: false },
    placeholder: "Type a message, or “DISCORD-USER-ID: message”, and see what would become of it",
    value: "hello",
    isTyped: true,
    load: async (typed, signal) => {
      const [, sender, rest] = /^(\d{16,20}):\s*(.*)$/s.exec(typed) ?? [];
      const text = rest ?? typed;
      const person = sender === undefined ? {} : { sender_identity: sender };
      const entries: Entry<never>[] = [];
      for (const { label, ...manner } of manners) {
        const preview = await desk.preview({ channel: connectorId, text, ...person, ...manner }, signal);
        entries.push({ label, kind: "separator" });
        entries.push({
          label: `$(${preview.accepted ? "pass" : "circle-slash"}) ${preview.accepted ? "Answered" : "Not answered"}`,
          description: preview.accepted ? "" : preview.reason,
          detail: preview.sentence,
        });
        const last = preview.steps.at(-1);
        if (last !== undefined && !preview.accepted) {
          entries.push({ label: `$(${icons[last.outcome]}) ${last.check}`, description: last.because });
        }
      }
      return entries;
    },
  });
}
