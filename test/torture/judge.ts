/** A message of a person, and what the bot has to say to it. */
export interface Asked {
  readonly messageId: string;
  readonly conversation: string;
  /** Texts of the answer's messages, different from those of every other answer; none when it needs none. */
  readonly answer: readonly string[];
}

/** A message of the bot as people see it. */
export interface Seen {
  readonly text: string;
  readonly repliesTo: string | null;
}

export interface Verdict {
  /** Messages that must be answered. */
  readonly written: number;
  /** Of these, the ones whose whole answer is there. */
  readonly answered: number;
  readonly lost: number;
  /** Messages of the bot that are there again, or that answer nothing. */
  readonly duplicated: number;
  /** Messages of the bot that come after one they belong before. */
  readonly outOfOrder: number;
  /** A sentence for each fault. */
  readonly findings: readonly string[];
}

interface Expected {
  readonly position: number;
  readonly repliesTo: string | null;
}

/**
 * Compares what people wrote with what they see. Pure.
 * @param asked messages of people in the order of their writing
 * @param seen messages of the bot in the order in which they are shown, by conversation
 */
export function judge(asked: readonly Asked[], seen: ReadonlyMap<string, readonly Seen[]>): Verdict {
  const conversations = new Set([...asked.map((one) => one.conversation), ...seen.keys()]);
  const verdicts = [...conversations].map((conversation) =>
    judgeConversation(
      conversation,
      asked.filter((one) => one.conversation === conversation),
      seen.get(conversation) ?? [],
    ),
  );
  const sum = (pick: (verdict: Verdict) => number): number =>
    verdicts.reduce((total, verdict) => total + pick(verdict), 0);
  return {
    written: sum((verdict) => verdict.written),
    answered: sum((verdict) => verdict.answered),
    lost: sum((verdict) => verdict.lost),
    duplicated: sum((verdict) => verdict.duplicated),
    outOfOrder: sum((verdict) => verdict.outOfOrder),
    findings: verdicts.flatMap((verdict) => verdict.findings),
  };
}

function judgeConversation(name: string, asked: readonly Asked[], seen: readonly Seen[]): Verdict {
  const expected = new Map<string, Expected>();
  for (const { messageId, answer } of asked) {
    for (const [index, text] of answer.entries()) {
      expected.set(text, { position: expected.size, repliesTo: index === 0 ? messageId : null });
    }
  }
  const findings: string[] = [];
  const found = new Set<string>();
  let furthest = -1;
  let duplicated = 0;
  let outOfOrder = 0;
  for (const { text, repliesTo } of seen) {
    const place = expected.get(text);
    if (place === undefined || place.repliesTo !== repliesTo) {
      duplicated += 1;
      findings.push(`${name}: “${shortened(text)}” answers nothing`);
    } else if (found.has(text)) {
      duplicated += 1;
      findings.push(`${name}: “${shortened(text)}” is there again`);
    } else {
      found.add(text);
      if (place.position < furthest) {
        outOfOrder += 1;
        findings.push(`${name}: “${shortened(text)}” comes too late`);
      }
      furthest = Math.max(furthest, place.position);
    }
  }
  const toAnswer = asked.filter(({ answer }) => answer.length > 0);
  const lost = toAnswer.filter(({ answer }) => !answer.every((text) => found.has(text)));
  for (const { messageId, answer } of lost) {
    const missing = answer.filter((text) => !found.has(text)).map(shortened);
    findings.push(`${name}: message ${messageId} has no “${missing.join("”, “")}”`);
  }
  const written = toAnswer.length;
  return { written, answered: written - lost.length, lost: lost.length, duplicated, outOfOrder, findings };
}

function shortened(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}
