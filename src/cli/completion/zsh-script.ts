import { type CompletionNode, type CompletionWord, choicesOf } from "./completion-tree.ts";

/** For zsh 5: walks the words typed so far down the tree, then describes what can follow. */
export function zshScript(nodes: readonly CompletionNode[]): string {
  const known = nodes.filter(({ path }) => path.length > 0).map(({ path }) => `"${path.join(" ")}"`);
  const cases = nodes.map((node) => {
    const words = [...node.commands.map(described), ...node.values.map((value) => quoted(value))];
    return `    "${node.path.join(" ")}") words_here=(${words.join(" ")}); options_here=(${node.options.map(described).join(" ")}) ;;`;
  });
  const withValue = [
    ...new Set(nodes.flatMap(({ options }) => options.flatMap((one) => (one.takesValue ? one.word : [])))),
  ];
  const choices = choicesOf(nodes).map(
    ({ path, option, values }) =>
      `    ${path === null ? "*" : `"${path}"`}:${option}) compadd -- ${values.join(" ")}; return ;;`,
  );
  return `#compdef palyra
# zsh completion of palyra
_palyra() {
  local at="" next word skip="" index
  local -a words_here options_here
  for ((index = 2; index < CURRENT; index++)); do
    word="\${words[index]}"
    if [[ -n "$skip" ]]; then skip=""; continue; fi
    if [[ "$word" == (${withValue.join("|")}) ]]; then skip=1; continue; fi
    if [[ "$word" == -* ]]; then continue; fi
    next="\${at:+$at }$word"
    case "$next" in
      ${known.join("|")}) at="$next" ;;
    esac
  done
  case "$at:\${words[CURRENT-1]}" in
${choices.join("\n")}
  esac
  if [[ "\${words[CURRENT-1]}" == (${withValue.join("|")}) ]]; then _files; return; fi
  case "$at" in
${cases.join("\n")}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then _describe option options_here
  elif (( \${#words_here} )); then _describe command words_here
  fi
}
if [ "$funcstack[1]" = "_palyra" ]; then _palyra "$@"; else compdef _palyra palyra; fi
`;
}

function described({ word, description }: CompletionWord): string {
  return quoted(`${word}:${description.replaceAll(":", "\\:")}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
