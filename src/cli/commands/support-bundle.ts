import path from "node:path";
import { PalyraError } from "../../platform/errors.ts";
import { exportBundle } from "../../supervisor/support-bundle/export-bundle.ts";
import { defaultBundleFile } from "../../supervisor/support-bundle/write-bundle.ts";
import type { CommandContext } from "../command-context.ts";
import { doctorHost, type StartWishes } from "../doctor-host.ts";
import type { Answer } from "../output/answer.ts";
import { record } from "../output/record.ts";
import { visibleText } from "../visible-text.ts";

/**
 * `palyra support-bundle`: writes a zip for somebody who helps. Ctrl-C cancels it and leaves nothing.
 * @param out path of the file; null = a new one among the bundles of the state root
 */
export async function supportBundle(
  context: CommandContext,
  out: string | null,
  wishes: StartWishes,
): Promise<Answer> {
  const host = doctorHost(context, wishes);
  const file = out === null ? await defaultBundleFile(context.stateRoot, host.now()) : path.resolve(out);
  const cancel = new AbortController();
  void context
    .interrupted()
    .then(() => cancel.abort(new PalyraError("conflict", "The export was cancelled; no file was written.")));
  const { terminal } = context;
  const written = await exportBundle(host, {
    file,
    signal: cancel.signal,
    progress: (step, done) => {
      if (terminal.stderr.isTTY) {
        terminal.stderr.write(`\r\u001b[K${Math.round(done * 100)} % ${done < 1 ? step : ""}`);
      }
    },
  }).finally(() => {
    if (terminal.stderr.isTTY) terminal.stderr.write("\r\u001b[K");
  });
  const { bytes, entries } = written;
  return {
    data: written,
    records: [record("support-bundle", { file: written.file, bytes, entries: entries.length })],
    lines: () => [
      visibleText(
        `${written.file} (${Math.ceil(bytes / 1024)} KB, ${entries.length} files). It holds no secrets and no messages; look through it before you send it.`,
      ),
    ],
  };
}
