import { Argument, type Command } from "commander";
import { completionScript, shells } from "../completion/completion-script.ts";
import { completionTree } from "../completion/completion-tree.ts";
import { withExamples } from "../examples.ts";
import { type Shell, show } from "../shell.ts";

/** Adds `palyra completion`: a script that completes commands and options in a shell. */
export function addCompletion(program: Command, shell: Shell): void {
  const completion = program
    .command("completion")
    .description("print a script that completes commands and options in your shell")
    .addArgument(new Argument("<shell>", "your shell").choices([...shells]));
  withExamples(
    completion,
    "palyra completion bash > ~/.local/share/bash-completion/completions/palyra",
    "palyra completion zsh > ~/.zfunc/_palyra",
    "palyra completion fish > ~/.config/fish/completions/palyra.fish",
  );
  completion.action(async (name: (typeof shells)[number]) => {
    const script = completionScript(name, completionTree(program));
    const { json } = shell.context();
    if (!json) shell.context().terminal.stdout.write(script);
    else await show(shell, async () => ({ data: { shell: name, script }, records: [], lines: () => [] }));
  });
}
