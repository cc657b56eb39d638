import assert from "node:assert/strict";
import fc from "fast-check";
import { parse, type TomlTable } from "smol-toml";
import { type StagedAccount, stagedAccountVersion } from "../../../../src/contracts/staged-account.ts";
import { editToml } from "../../../../src/gateway/config-edit/edit-toml.ts";
import {
  accountSection,
  putAccount,
  writeAccount,
} from "../../../../src/gateway/onboarding/account-section.ts";
import { tokenDigest } from "../../../../src/gateway/onboarding/staged-note.ts";
import { fileStep, tokenStep } from "../../../../src/gateway/onboarding/take-back-staged.ts";

function note(change: Partial<StagedAccount>): StagedAccount {
  return {
    version: stagedAccountVersion,
    account_id: "work",
    done: false,
    token: "unchanged",
    token_digest: null,
    file: null,
    ...change,
  };
}

describe("Taking back palyra.toml after a change of an account was cut short", () => {
  const other = "[channels.discord.other]\nconcurrency_limit = 3 # theirs\n";
  const own = "[channels.discord.work]\nrequire_mention = false # mine\n";
  const text = fc.constantFrom(null, "", "# only a comment\n", other, own, `${own}\n${other}`);
  const plan = fc.record({ concurrency_limit: fc.integer({ min: 1, max: 32 }) });
  const staged = fc.tuple(text, plan).map(([before, wish]) => {
    const wanted = parse(before ?? "");
    writeAccount(wanted, "work", { plan: wish, apiBase: undefined });
    return note({ file: { before, after: editToml(before ?? "", wanted) } });
  });

  it("gives the very text back when nobody else has changed it, and leaves it alone when it was not changed yet", () => {
    fc.assert(
      fc.property(staged, (change) => {
        const { before, after } = change.file ?? { before: null, after: "" };
        assert.deepEqual(fileStep(change, before), { kind: "nothing" });
        if (after !== before) assert.deepEqual(fileStep(change, after), { kind: "restore", text: before });
      }),
    );
  });

  it("gives the account its old section and keeps what others have written meanwhile", () => {
    fc.assert(
      fc.property(staged, (change) => {
        const { before, after } = change.file ?? { before: null, after: "" };
        const now = `# meanwhile\n${after}\n[media]\ndownloads = true\n`;
        const step = fileStep(change, now);
        const sectionBefore = accountSection(parse(before ?? ""), "work");
        assert.deepEqual(step, { kind: "section", section: sectionBefore });
        const document: TomlTable = parse(now);
        putAccount(document, "work", sectionBefore);
        assert.deepEqual(accountSection(document, "work"), sectionBefore);
        assert.deepEqual({ ...(document.media as TomlTable) }, { downloads: true });
      }),
    );
  });

  it("leaves a section alone that the owner has written anew", () => {
    fc.assert(
      fc.property(staged, (change) => {
        const now = "[channels.discord.work]\nconcurrency_limit = 1\nauto_ack_text = 'written by hand'\n";
        assert.deepEqual(fileStep(change, now), { kind: "nothing" });
      }),
    );
  });
});

describe("Taking back a bot token after a change of an account was cut short", () => {
  const staged = { token_digest: tokenDigest("new") } as const;

  it("removes a new one, and puts the old one in the place of one that was replaced", () => {
    assert.equal(tokenStep(note({ ...staged, token: "new" }), { stored: "new", before: null }), null);
    assert.equal(tokenStep(note({ ...staged, token: "replaced" }), { stored: "new", before: "old" }), "old");
  });

  it("never touches another token than the one that was being stored, nor one it has nothing to put in place of", () => {
    for (const stored of [null, "old", "somebody else's"]) {
      for (const token of ["new", "replaced"] as const) {
        assert.equal(tokenStep(note({ ...staged, token }), { stored, before: "old" }), undefined);
      }
    }
    assert.equal(
      tokenStep(note({ ...staged, token: "replaced" }), { stored: "new", before: null }),
      undefined,
    );
    assert.equal(tokenStep(note({}), { stored: "new", before: "old" }), undefined);
  });
});
