import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { completionScript } from "../../../src/cli/completion/completion-script.ts";
import { completionTree } from "../../../src/cli/completion/completion-tree.ts";
import { describedProgram } from "../../../src/cli/described-program.ts";

const nodes = completionTree(describedProgram());

// Windows has no bash of its own.
if (process.platform !== "win32") {
  describe("The completion for bash", () => {
    /** What is offered for the last of the words typed after `palyra`. */
    const offered = (...words: string[]): string[] =>
      execFileSync(
        "bash",
        [
          "-c",
          `${completionScript("bash", nodes)}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _palyra; printf '%s\\n' "\${COMPREPLY[@]}"`,
          "bash",
          "palyra",
          ...words,
        ],
        { encoding: "utf8" },
      )
        .split("\n")
        .filter(Boolean);

    it("offers commands, options and values wherever they can stand", () => {
      assert.deepEqual(offered("--state-root", "/x", "sta"), ["status"]);
      assert.deepEqual(offered("completion", ""), ["bash", "zsh", "fish"]);
      assert.deepEqual(offered("webhooks", "list", "--enabled", ""), ["true", "false"]);
      assert.deepEqual(offered("webhooks", "test", "one", "--pay"), ["--payload-stdin", "--payload-file"]);
    });

    it("follows the other name of a command", () => {
      assert.deepEqual(offered("webhooks", "verify", "--pay"), ["--payload-stdin", "--payload-file"]);
      assert.deepEqual(offered("channels", "discord", "setup", "--inbound"), ["--inbound-scope"]);
    });

    it("offers an option's values as the command at hand takes them, and no option that help hides", () => {
      assert.deepEqual(offered("webhooks", "add", "--mode", ""), ["message", "agent"]);
      assert.deepEqual(offered("channels", "add", "--mode", ""), ["local"]);
      assert.deepEqual(offered("channels", "test", "discord", "--is-"), []);
    });
  });
}

describe("The completion for zsh and fish", () => {
  it("offers an option's values instead of files", () => {
    const zsh = completionScript("zsh", nodes);
    assert.match(zsh, /^ {4}"webhooks add":--mode\) compadd -- message agent; return ;;$/m);
    assert.match(zsh, /^ {4}\*:--enabled\) compadd -- true false; return ;;$/m);
    const fish = completionScript("fish", nodes);
    assert.match(fish, /-n '__palyra_at \\'webhooks add\\'' -l mode -x -a 'message agent'/);
  });
});
