import { stripVTControlCharacters } from "node:util";
import type { OutputStream } from "../terminal.ts";

const frames = ["◒", "◐", "◓", "◑"];
const frameMs = 120;

/**
 * Shows on one line of a terminal that work goes on. Own code, because the spinner of the prompts takes the keyboard and
 * ends the process at Ctrl-C as if all had gone well.
 * @returns takes it away
 */
export function spin(stream: OutputStream, what: string): () => void {
  const room = Math.max(10, (stream.columns ?? 80) - 4);
  const text = [...stripVTControlCharacters(what)].slice(0, room).join("");
  let at = 0;
  const draw = (): void => {
    stream.write(`\r\u001b[K${frames[at % frames.length]}  ${text}`);
    at += 1;
  };
  draw();
  const timer = setInterval(draw, frameMs);
  return () => {
    clearInterval(timer);
    stream.write("\r\u001b[K");
  };
}
