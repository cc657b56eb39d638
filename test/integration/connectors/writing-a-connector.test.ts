import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";
import type { AdapterHost, ConnectorAdapter } from "../../../src/connectors/connector-adapter.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";
import { SupervisorScene } from "../../unit/connectors/supervisor/supervisor-scene.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const guide = path.join(root, "docs", "writing-a-connector.md");

interface ExampleModule {
  readonly MailboxAdapter: new (connectorId: string, folder: string, host: AdapterHost) => ConnectorAdapter;
}

describe("The worked example of docs/writing-a-connector.md", () => {
  let folder = "";
  let file = "";

  before(async () => {
    const [, code] = /```ts\n([\s\S]*?)```/.exec(await readFile(guide, "utf8")) ?? [];
    assert.ok(code !== undefined);
    // Inside the project, so that its packages are found; the example's own place is src/connectors/mailbox/.
    await mkdir(path.join(root, ".cache"), { recursive: true });
    folder = await mkdtemp(path.join(root, ".cache", "example-"));
    file = path.join(folder, "mailbox-adapter.ts");
    const placed = code
      .replaceAll('from "../../', 'from "../../src/')
      .replaceAll('from "../c', 'from "../../src/connectors/c')
      .replaceAll('from "../s', 'from "../../src/connectors/s')
      .replaceAll("../../src/src/", "../../src/");
    await writeFile(file, placed);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("compiles under the project's own strict rules", () => {
    const config = ts.readConfigFile(path.join(root, "tsconfig.json"), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
    const program = ts.createProgram([file], options);
    const source = program.getSourceFile(file);
    assert.ok(source !== undefined);
    const faults = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    assert.deepEqual(
      faults.map((fault) => ts.flattenDiagnosticMessageText(fault.messageText, "\n")),
      [],
    );
  }).timeout(60_000);

  it("answers a message once, in a real supervisor, also one that was written while it was stopped", async () => {
    const { MailboxAdapter } = (await import(pathToFileURL(file).href)) as ExampleModule;
    const mailbox = path.join(folder, "box");
    const scene = await SupervisorScene.open();
    const spec = scene.spec("mailbox:home", {
      kind: "mailbox",
      tokenRef: null,
      createAdapter: (host) => new MailboxAdapter("mailbox:home", mailbox, host),
    });
    const answers = async (): Promise<string[]> => {
      const names = (await readdir(path.join(mailbox, "out"))).filter((name) => name.endsWith(".txt"));
      const texts = await Promise.all(names.map((name) => readFile(path.join(mailbox, "out", name), "utf8")));
      return texts.sort();
    };
    try {
      await mkdir(path.join(mailbox, "in"), { recursive: true });
      await writeFile(path.join(mailbox, "in", "ada.txt"), "a first word");
      await scene.supervisor.apply([spec]);
      await waitUntil("the first answer", async () => (await answers().catch(() => [])).length === 1);
      await scene.supervisor.apply([{ ...spec, enabled: false }]);
      await writeFile(path.join(mailbox, "in", "grace.txt"), "b second word");
      await scene.supervisor.apply([spec]);
      await waitUntil("the second answer", async () => (await answers()).length === 2);
      assert.deepEqual(await answers(), ["a first word", "b second word"]);
      assert.deepEqual(await readdir(path.join(mailbox, "in")), []);
      const { received, delivered } = await scene.store.metrics.of("mailbox:home");
      assert.deepEqual([received, delivered], [2, 2]);
    } finally {
      await scene.stop();
    }
  });
});
