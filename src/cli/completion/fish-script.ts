import type { CompletionNode } from "./completion-tree.ts";

/** For fish 3: one line for each word and option, offered when the words typed so far lead there. */
export function fishScript(nodes: readonly CompletionNode[]): string {
  const known = nodes.filter(({ path }) => path.length > 0).map(({ path }) => quoted(path.join(" ")));
  const withValue = [
    ...new Set(nodes.flatMap(({ options }) => options.flatMap((one) => (one.takesValue ? one.word : [])))),
  ];
  const lines = nodes.flatMap((node) => {
    const here = `-n ${quoted(`__palyra_at ${quoted(node.path.join(" "))}`)}`;
    return [
      ...node.commands.map(
        ({ word, description }) => `complete -c palyra -f ${here} -a ${word} -d ${quoted(description)}`,
      ),
      ...node.values.map((value) => `complete -c palyra -f ${here} -a ${quoted(value)}`),
      ...node.options.map(({ word, description, takesValue, choices }) => {
        const value = choices.length > 0 ? ` -x -a ${quoted(choices.join(" "))}` : takesValue ? " -r" : "";
        return `complete -c palyra ${here} -l ${word.slice(2)}${value} -d ${quoted(description)}`;
      }),
    ];
  });
  return `# fish completion of palyra
function __palyra_at
  set -l at ""
  set -l skip ""
  for word in (commandline -opc)[2..-1]
    if test -n "$skip"
      set skip ""
      continue
    end
    if contains -- $word ${withValue.join(" ")}
      set skip 1
      continue
    end
    string match -q -- "-*" $word; and continue
    set -l next (string trim -- "$at $word")
    contains -- $next ${known.join(" ")}; and set at $next
  end
  test "$at" = "$argv[1]"
end
${lines.join("\n")}
`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
