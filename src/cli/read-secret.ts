import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { fileProblem, PalyraError, systemErrorCode } from "../platform/errors.ts";
import { Cancelled } from "./cancelled.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Reads a secret: all of standard input without its last newline, or on a terminal one line that is not
 * shown. Never from an argument, which other programs can see.
 * @throws `validation_error` when nothing is given; `Cancelled` when the user ends the input
 */
export async function readSecret({ stdin, stderr }: Terminal, prompt: string): Promise<string> {
  const value = stdin.isTTY
    ? await readHidden(stdin, stderr, prompt)
    : (await text(stdin)).replace(/\r?\n$/, "");
  if (value.trim() !== "") return value;
  throw new PalyraError("validation_error", "No secret was given.", {
    nextStep: "Pipe the secret into the command or type it at the prompt.",
  });
}

/**
 * Reads a secret from a file, without its last line break.
 * @throws `storage_failed` when it cannot be read; `validation_error` when it is empty
 */
export async function readSecretFile(file: string): Promise<string> {
  const content = await readFile(file, "utf8").catch((cause: unknown) => {
    if (systemErrorCode(cause) === "ENOENT") throw new PalyraError("not_found", `There is no file ${file}.`);
    throw fileProblem(file, "read", cause);
  });
  const value = content.replace(/\r?\n$/, "");
  if (value.trim() !== "") return value;
  throw new PalyraError("validation_error", `The file ${file} is empty.`);
}

function readHidden(stdin: NodeJS.ReadStream, stderr: Terminal["stderr"], prompt: string): Promise<string> {
  // Before the prompt: what is typed right after it would still be shown by the terminal itself.
  stdin.setRawMode(true);
  stderr.write(prompt);
  stdin.setEncoding("utf8");
  stdin.resume();
  return new Promise((resolve, reject) => {
    let value = "";
    const settle = (finish: () => void): void => {
      stdin.off("data", onData);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write("\n");
      finish();
    };
    const onData = (data: string): void => {
      for (const key of data) {
        if (key === "\r" || key === "\n") {
          settle(() => resolve(value));
          return;
        }
        if (key === "\u0003" || key === "\u0004") {
          settle(() => reject(new Cancelled()));
          return;
        }
        // Backspace and delete.
        if (key === "\u007f" || key === "\b") value = [...value].slice(0, -1).join("");
        else value += key;
      }
    };
    stdin.on("data", onData);
  });
}
