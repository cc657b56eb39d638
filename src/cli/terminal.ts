import { styleText } from "node:util";

/** The part of a standard stream that is written to. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Where the command reads from and writes to. */
export interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type Paint = (style: "bold" | "dim" | "green" | "yellow" | "red" | "cyan", text: string) => string;

const paintNothing: Paint = (_style, text) => text;
const paintColours: Paint = (style, text) => styleText(style, text, { validateStream: false });

/**
 * Colours for a stream: only on a terminal, not with `NO_COLOR` (https://no-color.org) or `TERM=dumb`,
 * and not when the user wants plain output.
 */
export function paintFor(stream: OutputStream, env: Terminal["env"], plain: boolean): Paint {
  const wanted = !plain && stream.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
  return wanted ? paintColours : paintNothing;
}

/** How wide lines for people may be: as wide as the terminal; Infinity where there is none. */
export function columnsOf({ isTTY, columns }: OutputStream): number {
  return isTTY === true && columns !== undefined && columns > 0 ? columns : Number.POSITIVE_INFINITY;
}
