import { isUtf8 } from "node:buffer";
import { buffer } from "node:stream/consumers";
import { PalyraError } from "../platform/errors.ts";
import { Cancelled } from "./cancelled.ts";
import { readInputFile } from "./read-input-file.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Reads a secret: all of standard input without its last newline, or on a terminal one line that is not
 * shown. Never from an argument, which other programs can see.
 * @throws `validation_error` when nothing is given, or no text; `Cancelled` when the user ends the input
 */
export async function readSecret({ stdin, stderr }: Terminal, prompt: string): Promise<string> {
  const value = stdin.isTTY ? await readHidden(stdin, stderr, prompt) : textOf(await buffer(stdin));
  if (value.trim() !== "") return value;
  throw new PalyraError("validation_error", "No secret was given.", {
    nextStep: "Pipe the secret into the command or type it at the prompt.",
  });
}

/**
 * Reads a secret from a file, without its last line break.
 * @throws as `readInputFile`; `validation_error` when it is empty, or no text
 */
export async function readSecretFile(file: string): Promise<string> {
  const value = textOf(await readInputFile(file));
  if (value.trim() !== "") return value;
  throw new PalyraError("validation_error", `The file ${file} is empty.`);
}

/**
 * A secret without the mark that some editors and shells put before a text, and without its last line break.
 * @throws `validation_error` for bytes that are no text: read as such, they would be stored as another secret
 */
function textOf(content: Buffer): string {
  if (isUtf8(content))
    return content
      .toString("utf8")
      .replace(/^\uFEFF/, "")
      .replace(/\r?\n$/, "");
  throw new PalyraError("validation_error", "The secret is not text in UTF-8.", {
    nextStep: "Save it in UTF-8, or give it as text, for example in base64 as its sender uses it.",
  });
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
