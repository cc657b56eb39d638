import { bashScript } from "./bash-script.ts";
import type { CompletionNode } from "./completion-tree.ts";
import { fishScript } from "./fish-script.ts";
import { zshScript } from "./zsh-script.ts";

export const shells = ["bash", "zsh", "fish"] as const;

const writers = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** The script of a shell, ended by a newline. */
export function completionScript(shell: (typeof shells)[number], nodes: readonly CompletionNode[]): string {
  return writers[shell](nodes);
}
