import * as vscode from "vscode";
import type { ServiceKind } from "../contracts/services.ts";
import { detailsOf, PalyraError } from "../platform/errors.ts";
import { Redactor } from "../platform/redactor.ts";
import { allChecks } from "../supervisor/doctor/all-checks.ts";
import type { DoctorHost } from "../supervisor/doctor/check.ts";
import { doctorContext } from "../supervisor/doctor/doctor-context.ts";
import { type Examination, examine, repairAndExamine } from "../supervisor/doctor/run-doctor.ts";
import { forgetSecrets } from "../supervisor/reset/forget-secrets.ts";
import {
  type Resettable,
  resetPart,
  resetSentences,
  startedAfterReset,
} from "../supervisor/reset/reset-state-root.ts";
import { exportBundle } from "../supervisor/support-bundle/export-bundle.ts";
import { defaultBundleFile } from "../supervisor/support-bundle/write-bundle.ts";
import { overviewViewId } from "./contribution-ids.ts";
import type { ControlCenterHolder } from "./control-center-holder.ts";
import { reportText, summaryOf } from "./diagnostics-report.ts";
import { showProblem } from "./notifications.ts";
import { TextDocuments } from "./text-documents.ts";

const scheme = "palyra-diagnostics";
const reportName = "Palyra Diagnostics";

export interface DiagnosticsParts {
  readonly holder: ControlCenterHolder;
  /** This window, with the settings of this moment. */
  readonly host: () => Promise<DoctorHost>;
}

/** Diagnostics, support bundle and resets, as the editor offers them. */
export class Diagnostics implements vscode.Disposable {
  readonly #parts: DiagnosticsParts;
  readonly #documents = new TextDocuments(scheme);

  constructor(parts: DiagnosticsParts) {
    this.#parts = parts;
  }

  /** Makes all checks, shows the report, and offers the repairs. */
  async run(): Promise<void> {
    const host = await this.#parts.host();
    const examination = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: "Palyra: making all checks" },
      () => examine(host, allChecks),
    );
    await this.#documents.show(reportName, reportText({ checks: [...examination.results], repairs: [] }));
    void this.#offerRepairs(host, examination);
  }

  async #offerRepairs(host: DoctorHost, examination: Examination): Promise<void> {
    const sentence = summaryOf(examination.results);
    const remedy = examination.results.find(({ status }) => status === "failed")?.remedy;
    const repair = "Repair…";
    const buttons = [...(examination.repairs.size > 0 ? [repair] : []), ...(remedy ? [remedy.title] : [])];
    const failed = examination.results.some(({ status }) => status === "failed");
    const show = failed ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
    const chosen = await show(sentence, ...buttons);
    if (chosen === repair) await this.#repair(host, examination);
    else if (remedy !== undefined && chosen === remedy.title) {
      await vscode.commands.executeCommand(remedy.command);
    }
  }

  async #repair(host: DoctorHost, examination: Examination): Promise<void> {
    const items = examination.results.flatMap(({ id, title, repair }) =>
      repair === undefined
        ? []
        : [{ label: repair.title, description: title, detail: repair.preview.join("  "), picked: true, id }],
    );
    const chosen = await vscode.window.showQuickPick(items, {
      canPickMany: true,
      title: "Repairs to make; what they change is kept under another name",
    });
    if (chosen === undefined || chosen.length === 0) return;
    const ids = chosen.map(({ id }) => id);
    const report = await repairAndExamine(host, allChecks, examination, ids);
    await this.#documents.show(reportName, reportText(report));
    void vscode.window.showInformationMessage(summaryOf(report.checks));
  }

  /**
   * Exports a support bundle, with progress and a way to cancel.
   * @param argument where to write it, a `Uri`; otherwise the user is asked
   */
  async exportBundle(argument: unknown): Promise<void> {
    const host = await this.#parts.host();
    const target =
      argument instanceof vscode.Uri
        ? argument
        : await vscode.window.showSaveDialog({
            defaultUri: vscode.Uri.file(await defaultBundleFile(host.stateRoot, host.now())),
            filters: { "Zip file": ["zip"] },
            title: "Export Support Bundle",
          });
    if (target === undefined) return;
    const written = await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: "Palyra: exporting a support bundle",
        cancellable: true,
      },
      async (progress, cancellation) => {
        const cancel = new AbortController();
        cancellation.onCancellationRequested(() => cancel.abort());
        let shown = 0;
        try {
          return await exportBundle(host, {
            file: target.fsPath,
            signal: cancel.signal,
            progress: (step, done) => {
              progress.report({ message: step, increment: (done - shown) * 100 });
              shown = done;
            },
          });
        } catch (thrown) {
          // The user's own wish is no error.
          if (cancel.signal.aborted) return null;
          throw thrown;
        }
      },
    );
    if (written !== null) void this.#tellOfBundle(target, written.bytes);
  }

  async #tellOfBundle(target: vscode.Uri, bytes: number): Promise<void> {
    const reveal = "Show in Folder";
    const size = `${Math.ceil(bytes / 1024)} KB`;
    const chosen = await vscode.window.showInformationMessage(
      `The support bundle is written (${size}). It holds no secrets and no messages; look through it before you send it.`,
      reveal,
    );
    if (chosen === reveal) await vscode.commands.executeCommand("revealFileInOS", target);
  }

  /** Lets the user choose what to reset, asks again, and does it. */
  async reset(): Promise<void> {
    const items = [
      { label: "Window layout", detail: "Palyra's view goes back to its place.", what: "layout" as const },
      { label: "State file", detail: resetSentences.state, what: "state" as const },
      { label: "Message store", detail: resetSentences.store, what: "store" as const },
      {
        label: "Secrets",
        detail: "All tokens and keys are forgotten for good and must be stored again.",
        what: "secrets" as const,
      },
    ];
    const chosen = await vscode.window.showQuickPick(items, { title: "Reset", placeHolder: "What to reset" });
    if (chosen === undefined) return;
    if (chosen.what === "layout") {
      await vscode.commands.executeCommand(`${overviewViewId}.resetViewLocation`);
      return;
    }
    const kept =
      chosen.what === "secrets" ? "No copy is kept." : "What is there now is kept under another name.";
    const confirm = "Reset";
    const answer = await vscode.window.showWarningMessage(
      `Reset: ${chosen.label}?`,
      { modal: true, detail: `${chosen.detail} ${kept}` },
      confirm,
    );
    if (answer !== confirm) return;
    const told = chosen.what === "secrets" ? await this.#forget() : await this.#resetPart(chosen.what);
    void vscode.window.showInformationMessage(told);
  }

  async #forget(): Promise<string> {
    const center = await this.#parts.holder.current();
    const secrets = await doctorContext(await this.#parts.host(), new Redactor()).secrets();
    if (secrets.kind === "elsewhere") throw new PalyraError("secrets_elsewhere", `${secrets.reason}.`);
    const names = await forgetSecrets(secrets.home, center);
    return names.length === 0 ? "There were no secrets." : `Forgotten: ${names.join(", ")}.`;
  }

  async #startAgain(services: readonly ServiceKind[]): Promise<void> {
    try {
      const center = await this.#parts.holder.current();
      await Promise.all(services.map((service) => center.start(service)));
    } catch (thrown) {
      await showProblem(detailsOf(thrown));
    }
  }

  async #resetPart(part: Resettable): Promise<string> {
    const { holder, host } = this.#parts;
    const center = await holder.current();
    const before = center.snapshot.services;
    const { stateRoot, hostName, version, now } = await host();
    const client = { name: hostName, version, pid: process.pid };
    let isDone = false;
    let kept: readonly string[];
    try {
      await center.stop();
      kept = await holder.whileClosed(() => resetPart(part, stateRoot, client, now()));
      isDone = true;
    } finally {
      void this.#startAgain(startedAfterReset(part, isDone, before));
    }
    return kept.length === 0
      ? "There was nothing to reset."
      : `Reset. What was there is kept as ${kept.join(" and ")}.`;
  }

  dispose(): void {
    this.#documents.dispose();
  }
}
