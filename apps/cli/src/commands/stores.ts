/** What plugins keep: kv, tables, files. */
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { basename } from 'node:path';
import type { Cli, Commands } from '../cli.js';
import { readGiven } from '../terminal/stdin.js';
import { pageOf, readJson, shortTime, take, withList, type ListOptions } from './lists.js';

export function addKv({ program, does }: Commands): void {
  const kv = program.command('kv').description('what a plugin keeps in ctx.kv');
  withList(kv.command('ls'))
    .description('list its keys')
    .argument('<plugin>')
    .argument('[prefix]')
    .action(
      does(async (cli: Cli, options: ListOptions, id = '', prefix?: string) => {
        const annex = await cli.annex();
        const items = annex.each('listKv', { path: { id }, query: { prefix, limit: pageOf(options) } });
        cli.terminal.list(
          await take(items, options),
          [
            { title: 'key', cell: ({ key }) => key },
            { title: 'bytes', cell: ({ size }) => String(size) },
            { title: 'written', cell: ({ updated_at: at }) => shortTime(at) },
            { title: 'expires', cell: ({ expires_at: at }) => shortTime(at) },
          ],
          'Nothing is kept.',
        );
      }),
    );
  kv.command('get')
    .description('show a value')
    .argument('<plugin>')
    .argument('<key>')
    .action(
      does(async (cli, _options, id = '', path = '') => {
        const entry = await (await cli.annex()).getKv({ path: { id, path } });
        cli.terminal.answer(entry, () => JSON.stringify(entry.value, null, 2));
      }),
    );
  kv.command('rm')
    .description('forget a key')
    .argument('<plugin>')
    .argument('<key>')
    .action(
      does(async (cli, _options, id = '', path = '') => {
        await (await cli.annex()).deleteKv({ path: { id, path } });
        cli.terminal.answer({ key: path, removed: true }, () => `${path} is forgotten.`);
      }),
    );
}

interface RowsOptions extends ListOptions {
  filter?: string;
  orderBy?: string;
}

export function addData({ program, does }: Commands): void {
  const data = program.command('data').description('tables of the tenant');
  data
    .command('tables')
    .description('list the tables')
    .action(
      does(async (cli) => {
        const { items, usage } = await (await cli.annex()).listTables();
        if (!cli.terminal.isJson) cli.terminal.note(`${usage.rows} rows, ${usage.bytes} bytes`);
        cli.terminal.list(
          items,
          [
            { title: 'table', cell: ({ name }) => name },
            { title: 'kind', cell: ({ kind, read_only: isReadOnly }) => `${kind}${isReadOnly ? ', read-only' : ''}` },
          ],
          'No tables.',
        );
      }),
    );
  withList(data.command('ls'))
    .description('list rows, as JSON')
    .argument('<table>')
    .option('--filter <json>', 'such as {"status":"open","total":{"$gt":10}}')
    .option('--order-by <field>', 'a field; with - before it: descending')
    .action(
      does(async (cli: Cli, options: RowsOptions, table = '') => {
        const annex = await cli.annex();
        const query = { filter: options.filter, order_by: options.orderBy, limit: pageOf(options) };
        const items = await take(annex.each('listRows', { path: { table }, query }), options);
        cli.terminal.answer({ items }, () => items.map((row) => JSON.stringify(row)).join('\n'));
      }),
    );
  data
    .command('get')
    .description('show a row')
    .argument('<table>')
    .argument('<id>')
    .action(
      does(async (cli, _options, table = '', id = '') => {
        const row = await (await cli.annex()).getRow({ path: { table, id } });
        cli.terminal.answer(row, () => JSON.stringify(row, null, 2));
      }),
    );
  data
    .command('insert')
    .description('insert a row')
    .argument('<table>')
    .argument('<row>', 'JSON, @file or -')
    .action(
      does(async (cli, _options, table = '', given = '') => {
        const body = readJson(await readGiven(given), 'The row') as Record<string, never>;
        const row = await (await cli.annex()).insertRow({ path: { table }, body });
        cli.terminal.answer(row, () => JSON.stringify(row, null, 2));
      }),
    );
  data
    .command('rm')
    .description('delete a row')
    .argument('<table>')
    .argument('<id>')
    .action(
      does(async (cli, _options, table = '', id = '') => {
        await (await cli.annex()).deleteRow({ path: { table, id } });
        cli.terminal.answer({ id, removed: true }, () => `${id} is deleted.`);
      }),
    );
}

export function addFiles({ program, does }: Commands): void {
  const files = program.command('files').description('files of the tenant');
  withList(files.command('ls'))
    .description('list files')
    .argument('[prefix]')
    .action(
      does(async (cli: Cli, options: ListOptions, prefix?: string) => {
        const annex = await cli.annex();
        const items = annex.each('listFiles', { query: { prefix, limit: pageOf(options) } });
        cli.terminal.list(
          await take(items, options),
          [
            { title: 'key', cell: ({ key }) => key },
            { title: 'bytes', cell: ({ size }) => String(size) },
            { title: 'type', cell: ({ content_type: type }) => type },
            { title: 'written', cell: ({ updated_at: at }) => shortTime(at) },
          ],
          'No files.',
        );
      }),
    );
  files
    .command('get')
    .description('read a file')
    .argument('<key>')
    .option('-o, --output <file>', 'where to write it (default: standard output)')
    .action(
      does(async (cli, { output }: { output?: string }, path = '') => {
        const answer = await (await cli.annex()).getFile({ path: { path } });
        if (output === undefined) await cli.terminal.bytes(answer);
        else await pipeline(Readable.fromWeb(answer.body as never), createWriteStream(output));
      }),
    );
  files
    .command('put')
    .description('write a file')
    .argument('<file>', 'or - for standard input')
    .argument('[key]', 'default: the name of the file')
    .option('--type <type>', 'its media type', 'application/octet-stream')
    .action(
      does(async (cli, { type }: { type: string }, file = '', key?: string) => {
        const bytes = file === '-' ? await buffer(process.stdin) : await readFile(file);
        const request = { path: { path: key ?? basename(file) }, body: new Blob([bytes]) };
        const put = await (await cli.annex()).putFile({ ...request, headers: { 'content-type': type } });
        cli.terminal.answer(put, () => `${put.key}: ${put.size} bytes`);
      }),
    );
  files
    .command('rm')
    .description('delete a file')
    .argument('<key>')
    .action(
      does(async (cli, _options, path = '') => {
        await (await cli.annex()).deleteFile({ path: { path } });
        cli.terminal.answer({ key: path, removed: true }, () => `${path} is deleted.`);
      }),
    );
}
