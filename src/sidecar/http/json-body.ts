import type { FastifyInstance } from "fastify";
import { PalyraError } from "../../platform/errors.ts";

/**
 * Has the app read JSON and nothing else: `text/plain`, which a web page may send without asking first, is no JSON. An
 * empty body is none, because many clients name a type also where there is nothing to say.
 */
export function readJsonOnly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    if (body.length === 0) {
      done(null, undefined);
      return;
    }
    const text = utf8(body);
    if (text !== null) parse(request, text, done);
    else done(new PalyraError("validation_error", "The request body is not valid UTF-8.", { nextStep }));
  });
}

const nextStep = "Send JSON in UTF-8.";

/** Null for bytes that are no text: replaced by something else, they would be taken for what was meant. */
function utf8(body: Buffer): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch (thrown) {
    if (thrown instanceof TypeError) return null;
    throw thrown;
  }
}
