import type { OnboardingCheck, Preflight } from "../../../contracts/http-onboarding.ts";
import type { Paint } from "../../terminal.ts";
import { visibleText } from "../../visible-text.ts";

const marks: Readonly<
  Record<OnboardingCheck["status"], readonly [mark: string, colour: Parameters<Paint>[0]]>
> = {
  ok: ["ok     ", "green"],
  warning: ["warning", "yellow"],
  failed: ["failed ", "red"],
  unknown: ["unknown", "dim"],
};

/** What was found, one line for each check, and below it what to do. */
export function checkLines(checks: readonly OnboardingCheck[], paint: Paint): string[] {
  return checks.flatMap(({ status, message, next_step }) => {
    const [mark, colour] = marks[status];
    const line = `${paint(colour, mark)} ${visibleText(message)}`;
    return next_step === null ? [line] : [line, `        ${visibleText(next_step)}`];
  });
}

/** Who would be answered, and what speaks against it. */
export function previewLines(preflight: Preflight, paint: Paint): string[] {
  const { routing_preview, warnings, policy_warnings } = preflight;
  return [
    ...routing_preview.map(({ example, answered, sentence }) => {
      const word = answered ? paint("green", "answered    ") : paint("yellow", "not answered");
      return `${word} ${visibleText(example)}${answered ? "" : ` ${visibleText(sentence)}`}`;
    }),
    ...[...warnings, ...policy_warnings.map(({ message }) => message)].map(
      (message) => `${paint("yellow", "warning")} ${visibleText(message)}`,
    ),
  ];
}
