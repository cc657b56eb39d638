import { type CompletionNode, choicesOf } from "./completion-tree.ts";

/** For bash 3.2 and later: walks the words typed so far down the tree, then offers what can follow. */
export function bashScript(nodes: readonly CompletionNode[]): string {
  const known = nodes.filter(({ path }) => path.length > 0).map(({ path }) => `"${path.join(" ")}"`);
  const cases = nodes.map((node) => {
    const words = [...node.commands.map(({ word }) => word), ...node.values];
    return `    "${node.path.join(" ")}") words="${words.join(" ")}"; options="${node.options.map(({ word }) => word).join(" ")}" ;;`;
  });
  const choices = choicesOf(nodes).map(
    ({ path, option, values }) =>
      `    ${path === null ? "*" : `"${path}"`}:${option}) COMPREPLY=($(compgen -W "${values.join(" ")}" -- "$current")); return ;;`,
  );
  const withValue = [
    ...new Set(nodes.flatMap(({ options }) => options.flatMap((one) => (one.takesValue ? one.word : [])))),
  ];
  return `# bash completion of palyra
_palyra() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local path="" next word words="" options="" skip="" index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    if [ -n "$skip" ]; then skip=""; continue; fi
    case "$word" in
      ${withValue.join("|")}) skip=1; continue ;;
      -*) continue ;;
    esac
    next="\${path:+$path }$word"
    case "$next" in
      ${known.join("|")}) path="$next" ;;
    esac
  done
  case "$path:$previous" in
${choices.join("\n")}
  esac
  case "$previous" in
    ${withValue.join("|")}) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  case "$path" in
${cases.join("\n")}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
  esac
}
complete -F _palyra palyra
`;
}
