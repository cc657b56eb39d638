/** Writes docs/cli.md, the reference of the `palyra` command, from the program itself. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describedProgram } from "../src/cli/described-program.ts";
import { reference } from "../src/cli/reference.ts";

await writeFile(path.join(import.meta.dirname, "../docs/cli.md"), reference(describedProgram()));
