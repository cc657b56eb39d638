import { refusalTexts } from "../../connectors/attachments/attachment-policy.ts";
import type { Agent, TurnFile } from "./agent.ts";

/** What is said to somebody who wrote nothing but the bot's name. */
export const echoGreeting = "Hello! Write me something and I will say it back.";

const fileWish = /^as a file:\s*/i;

/**
 * The built-in agent without a model. Its rule: the answer is the person's text, exactly as it was written but without
 * the mention of the bot and without white space around it, and with the files that came with it named below; an empty
 * message is answered with `echoGreeting`. What follows “as a file:” comes back as a text file.
 */
export const echoAgent: Agent = {
  reply: async (event, files) => {
    const text = event.body.trim();
    const wanted = text.replace(fileWish, "");
    if (wanted !== text && wanted !== "") {
      return [{ text: "Here it is.", files: [{ name: "echo.txt", content: Buffer.from(wanted) }] }];
    }
    const parts = [text, ...(files.length === 0 ? [] : [fileLine(files)])].filter((part) => part !== "");
    return [{ text: parts.length === 0 ? echoGreeting : parts.join("\n") }];
  },
};

/** e.g. `(1 file: cat.png, 12 kB)` */
function fileLine(files: readonly TurnFile[]): string {
  const count = files.length === 1 ? "1 file" : `${files.length} files`;
  return `(${count}: ${files.map(described).join("; ")})`;
}

function described({ name, bytes, content }: TurnFile): string {
  const facts = [name, ...(bytes === null ? [] : [sizeText(bytes)])];
  if ("reason" in content) facts.push(`not taken: ${refusalTexts[content.reason]}`);
  return facts.join(", ");
}

function sizeText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
