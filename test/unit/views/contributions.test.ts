import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import manifest from "../../../package.json" with { type: "json" };
import words from "../../../package.nls.json" with { type: "json" };
import { setupSteps } from "../../../src/supervisor/onboarding-progress.ts";
import {
  commandIds,
  contextKeys,
  itemTraits,
  manageTrustCommand,
  overviewViewId,
  panelViewType,
  settingIds,
  setupContextKey,
  viewContainerId,
  walkthroughId,
} from "../../../src/views/contribution-ids.ts";
import { defaultSettings } from "../../../src/views/settings.ts";

const { contributes } = manifest;
const text = JSON.stringify(manifest);
const sources = path.resolve(import.meta.dirname, "../../../src");

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => path.join(folder, name));
}

describe("What package.json declares and what the code knows", () => {
  it("are the same commands, each under the category Palyra and with an icon", () => {
    assert.deepEqual(
      contributes.commands.map(({ command }) => command).sort(),
      Object.values(commandIds).sort(),
    );
    for (const command of contributes.commands) {
      assert.equal(command.category, "Palyra", command.command);
      assert.match(command.icon, /^\$\([a-z-]+\)$/, command.command);
    }
  });

  it("are the same settings, of machine scope", () => {
    assert.deepEqual(
      Object.keys(contributes.configuration.properties).sort(),
      Object.values(settingIds).sort(),
    );
    for (const [id, property] of Object.entries(contributes.configuration.properties)) {
      assert.equal(property.scope, "machine", id);
    }
  });

  it("are the same defaults of settings", () => {
    const { properties } = contributes.configuration;
    assert.equal(properties[settingIds.startAuto].default, defaultSettings.autoStart);
    assert.equal(properties[settingIds.lingerSeconds].default, defaultSettings.lingerSeconds);
    assert.equal(properties[settingIds.notifications].default, defaultSettings.notifications);
    assert.equal(properties[settingIds.gatewayPort].default, defaultSettings.ports.gateway);
    assert.equal(properties[settingIds.browserdPort].default, defaultSettings.ports.browserd);
    assert.equal(properties[settingIds.stateRoot].default, "");
    assert.equal(properties[settingIds.browserPath].default, "");
  });

  it("are the same views, panel type and view container", () => {
    assert.deepEqual(
      contributes.viewsContainers.activitybar.map(({ id }) => id),
      [viewContainerId],
    );
    assert.deepEqual(
      contributes.views[viewContainerId].map(({ id }) => id),
      [overviewViewId],
    );
    assert.ok(manifest.activationEvents.includes(`onWebviewPanel:${panelViewType}`));
    for (const welcome of contributes.viewsWelcome) assert.equal(welcome.view, overviewViewId);
  });

  it("are the same context keys and item traits in when clauses", () => {
    const used = new Set(
      [...text.matchAll(/palyra\.(?:phase|setupShown|(?:can|has)[A-Z]\w+)/g)].map(([key]) => key),
    );
    assert.deepEqual([...used].sort(), Object.values(contextKeys).sort());
    const traits = new Set([...text.matchAll(/viewItem =~ \/\\\\b(\w+)\\\\b\//g)].map(([, trait]) => trait));
    assert.deepEqual([...traits].sort(), Object.values(itemTraits).sort());
  });

  it("are the same steps of the set-up, each with a picture and completed by its own key", () => {
    const [walkthrough, ...others] = contributes.walkthroughs;
    assert.deepEqual([walkthrough?.id, others], [walkthroughId, []]);
    assert.deepEqual(
      walkthrough?.steps.map(({ id }) => id),
      [...setupSteps, "done"],
    );
    for (const { id, media, completionEvents } of walkthrough?.steps ?? []) {
      assert.ok(existsSync(path.resolve(sources, "..", media.svg)), media.svg);
      const expected =
        id === "done"
          ? `onCommand:${commandIds.openControlCenter}`
          : `onContext:${contextKeys.setupShown} && ${setupContextKey(id)}`;
      assert.deepEqual(completionEvents, [expected]);
    }
  });

  it("name only commands that exist, in menus and welcome texts", () => {
    const known = new Set<string>([...Object.values(commandIds), manageTrustCommand]);
    const inMenus = Object.values(contributes.menus)
      .flat()
      .map(({ command }) => command);
    const inTexts = Object.values(words).flatMap((word) =>
      [...word.matchAll(/\(command:([\w.]+)/g)].map(([, command]) => command ?? ""),
    );
    for (const command of [...inMenus, ...inTexts]) assert.ok(known.has(command), command);
    assert.ok(inTexts.length > 0);
  });

  it("use the same words: each placeholder has a text and each text is used", () => {
    const used = new Set([...text.matchAll(/%([\w.]+)%/g)].map(([, key]) => key));
    assert.deepEqual([...used].sort(), Object.keys(words).sort());
  });

  it("offer remedies from other folders of the code that are commands of the extension", () => {
    const known = new Set<string>(Object.values(commandIds));
    const offered = sourceFiles(sources)
      .filter((file) => !file.includes(`${path.sep}views${path.sep}`))
      .flatMap((file) => [...readFileSync(file, "utf8").matchAll(/command: "(palyra\.\w+)"/g)])
      .map(([, command]) => command ?? "");
    for (const command of offered) assert.ok(known.has(command), command);
  });

  it("restrict the settings that name programs and folders in an untrusted workspace", () => {
    assert.equal(manifest.capabilities.untrustedWorkspaces.supported, "limited");
    assert.deepEqual(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations.sort(), [
      settingIds.browserPath,
      settingIds.stateRoot,
    ]);
  });
});
