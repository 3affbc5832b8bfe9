import { InvalidArgumentError } from 'commander';
import type { Cli, Commands } from '../cli.js';
import { DevPlugin, type DevNews } from '../dev/dev-plugin.js';
import { DevServer } from '../dev/dev-server.js';
import { harmless, type Style } from '../terminal/style.js';
import { colorOf } from './lists.js';

export function addDev({ program, does }: Commands): void {
  program
    .command('dev')
    .description('run a plugin in the real sandbox without a server; opens it again at each change')
    .argument('[folder]', 'the plugin (default: the one you stand in)')
    .option('-p, --port <port>', 'of the local page; 0: any that is free', port, 4400)
    .action(does(dev));
}

function port(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0 && number <= 65_535) return number;
  throw new InvalidArgumentError('It is a port, 0 to 65535.');
}

async function dev(cli: Cli, options: { port: number }, folder?: string): Promise<void> {
  const { closeSandbox, findPlugin } = await import('@annex/sdk/package');
  const path = findPlugin(folder);
  const plugin = new DevPlugin(path, (news) => {
    server.tell(news);
    cli.terminal.line(news, (style) => writeNews(news, style));
  });
  const server = new DevServer(plugin);
  const url = await server.listen(options.port);
  try {
    await plugin.start();
    cli.terminal.line({ kind: 'ready', url }, (style) => `${style.bold(url)} shows it; Ctrl-C ends it.`);
    if (!cli.signal.aborted) await new Promise((done) => cli.signal.addEventListener('abort', done, { once: true }));
  } finally {
    server.stop();
    await plugin.stop();
    await closeSandbox();
  }
}

function writeNews(news: DevNews, style: Style): string {
  switch (news.kind) {
    case 'opened':
      return style.green(`opened in ${news.ms} ms`);
    case 'fault':
      return `${style.red('fault')} ${harmless(news.detail)} ${style.dim(`[${news.code}]`)}`;
    case 'mistake': {
      const said = harmless(`${news.file}:${news.line} ${news.detail}`);
      return `${style.yellow('mistake')} ${said} ${style.dim(`[${news.code}]`)}`;
    }
    case 'log': {
      const color = colorOf(news.level);
      return `${color ? style[color](news.level) : news.level} ${harmless(news.message)}`;
    }
    case 'run': {
      const { kind, name, status, error, limits } = news.run;
      const color = colorOf(status);
      const why = error ? ` ${error.code}: ${harmless(error.message)}` : '';
      const { wall_ms: wall } = limits as { wall_ms?: { used: number } };
      const took = style.dim(`${wall?.used ?? 0} ms`);
      return `${color ? style[color](status) : status} ${kind} ${harmless(name)}${why} ${took}`;
    }
    case 'emitted':
      return `${style.cyan('emitted')} ${news.event.type} ${harmless(JSON.stringify(news.event.data))}`;
    case 'mail':
      return `${style.cyan('mail')} ${harmless(JSON.stringify(news.mail))}`;
    case 'request':
      return `${style.cyan('request')} ${news.method} ${harmless(news.url)}`;
  }
}
