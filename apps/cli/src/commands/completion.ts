import type { Command } from 'commander';
import type { Cli, Commands } from '../cli.js';
import { invalid } from '../faults.js';

const shells = ['bash', 'zsh', 'fish'] as const;

export function addCompletion({ program, does }: Commands): void {
  program
    .command('completion')
    .description('print a script that completes commands; for bash: eval "$(annex completion bash)"')
    .argument('<shell>', shells.join(', '))
    .action(
      does((cli: Cli, _options: object, shell = '') => {
        const script = scripts[shell as (typeof shells)[number]];
        if (!(shells as readonly string[]).includes(shell))
          throw invalid('UNKNOWN_SHELL', `There is no completion for ${JSON.stringify(shell)}: ${shells.join(', ')}.`);
        const text = script(wordsOf(program));
        cli.terminal.answer({ shell, script: text }, () => text);
        return Promise.resolve();
      }),
    );
}

/** What may follow each command; the program itself is `''`. */
function wordsOf(command: Command, path: string[] = []): [path: string, words: string[]][] {
  const globals = path.length === 0 ? [] : ['--json', '--profile', '--tenant', '--help'];
  const options = command.options.flatMap(({ long }) => (long ? [long] : []));
  const names = command.commands.map((each) => each.name());
  return [
    [path.join(' '), [...new Set([...names, ...options, ...globals])]],
    ...command.commands.flatMap((each) => wordsOf(each, [...path, each.name()])),
  ];
}

type Words = [path: string, words: string[]][];

function bashCase([path, words]: Words[number]): string {
  const list = words.join(' ');
  return `      "${path}") COMPREPLY=($(compgen -W "${list}" -- "\${COMP_WORDS[COMP_CWORD]}")); return;;`;
}

const scripts: Record<(typeof shells)[number], (words: Words) => string> = {
  bash: (words) => `_annex() {
  local path="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do [[ $word == -* ]] || path="\${path:+$path }$word"; done
  while :; do
    case "$path" in
${words.map(bashCase).join('\n')}
    esac
    [[ $path == *" "* ]] && path="\${path% *}" || path=""
  done
}
complete -o default -F _annex annex`,
  zsh: (words) => `#compdef annex
autoload -U +X bashcompinit && bashcompinit
${scripts.bash(words)}`,
  fish: (words) =>
    words
      .flatMap(([path, list]) => {
        const parts = path === '' ? [] : path.split(' ');
        const seen = parts.map((part) => `__fish_seen_subcommand_from ${part}`).join('; and ');
        const when = parts.length === 0 ? '__fish_use_subcommand' : seen;
        return list.map((word) =>
          word.startsWith('--')
            ? `complete -c annex -n '${when}' -l ${word.slice(2)}`
            : `complete -c annex -f -n '${when}' -a ${word}`,
        );
      })
      .join('\n'),
};
