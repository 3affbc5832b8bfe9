import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { Between, beginLauncher, launcherPid, startHere, startProcess, type Started } from './start-process.js';

const isLinux = process.platform === 'linux';
const shell = (script: string): string[] => ['/bin/sh', '-c', script];

async function saidBy({ streams, exited }: Started): Promise<string> {
  const [output] = streams as [Duplex];
  let text = '';
  output.setEncoding('utf8').on('data', (part: string) => (text += part));
  await Promise.all([exited, new Promise((resolve) => output.once('close', resolve))]);
  return text;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

beforeAll(() => beginLauncher());

describe.runIf(isLinux).each([
  ['the launcher', startProcess],
  ['this process', startHere],
])('a program that %s starts', (_, start) => {
  it('has the streams that it was given, and tells how it ended', async () => {
    const echo = start(shell('cat; echo "and more" >&2; exit 7'), { streams: [0, 1, 2] });
    const [input, output, complaints] = echo.streams as [Duplex, Duplex, Duplex];
    input.end('said');
    const read = async (stream: Duplex): Promise<string> => {
      let text = '';
      for await (const part of stream) text += String(part);
      return text;
    };
    expect(await Promise.all([read(output), read(complaints), echo.exited])).toEqual([
      'said',
      'and more\n',
      { code: 7, signal: null },
    ]);
  });

  it('has no other descriptor, no environment and no folder of its parent', async () => {
    const found = await saidBy(
      start(shell('for fd in /proc/$$/fd/*; do readlink $fd; done; pwd; env'), { streams: [1] }),
    );
    const lines = found.trim().split('\n');
    expect(lines.filter((line) => line.startsWith('socket:'))).toHaveLength(1);
    expect(lines.filter((line) => !/^(?:socket:|\/dev\/null$|PWD=|OLDPWD=|_=|\/$)/.test(line))).toEqual([]);
  });

  it('comes behind its parent where it is not the parent’s own work', async () => {
    const own = readFileSync('/proc/self/stat', 'latin1').split(') ')[1]?.split(' ')[16];
    const places = async (isOurs: boolean): Promise<string> => {
      // It looks when its start is over: without a launcher its parent puts it back only then.
      const script = `read go; cut -d ' ' -f 19 /proc/$$/stat; cat /proc/$$/oom_score_adj`;
      const program = start(shell(script), { streams: [1, 0], isOurs });
      program.streams[1]?.write('go\n');
      return saidBy(program);
    };
    expect(await places(false)).toBe(`${Math.min(19, Number(own) + 5)}\n1000\n`);
    expect(await places(true)).toMatch(new RegExp(`^${own}\n`));
  });

  it('speaks to another program over a stream that its parent does not have', async () => {
    const pair = new Between();
    const first = start(shell('echo over there >&4'), { streams: [], between: [[4, pair]] });
    const second = start(shell('cat'), { streams: [1], between: [[0, pair]] });
    expect(await saidBy(second)).toBe('over there\n');
    expect(await first.exited).toEqual({ code: 0, signal: null });
  });

  it('is killed whenever its parent wants it', async () => {
    const endless = start(shell('exec sleep 1000'), { streams: [1] });
    endless.kill();
    expect(await endless.exited).toEqual({ code: null, signal: 'SIGKILL' });
    endless.kill();
    const named = start(shell('kill -SEGV $$'), { streams: [1] });
    expect((await named.exited).signal).toBe('SIGSEGV');
  });
});

describe.runIf(isLinux)('the launcher', () => {
  it('waits for the name of a stream although a program ends meanwhile', async () => {
    const program = startProcess(shell('read line'), { streams: [0] });
    await until(() => program.pid !== undefined);
    // Those of other processes show this one out.
    const names = readFileSync(`/proc/${launcherPid()}/net/unix`, 'latin1').match(/annex-launcher-\w+/g) ?? [];
    const streams = [...new Set(names)].map((name) => connect(`\0${name}`).on('error', () => undefined));
    try {
      await until(() => streams.every((stream) => !stream.connecting));
      process.kill(program.pid as number, 'SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, 100));
      for (const stream of streams) stream.resume().write('99999.1'.padEnd(16));
      expect(await program.exited).toEqual({ code: null, signal: 'SIGKILL' });
      await saidBy(startProcess(shell('true'), { streams: [1] }));
      expect(streams.filter((stream) => !stream.closed)).toHaveLength(1);
    } finally {
      for (const stream of streams) stream.destroy();
    }
  });

  it('starts nothing for a stranger, who is left standing', async () => {
    const [, name] = /annex-launcher-(\w+)/.exec(readFileSync(`/proc/${launcherPid()}/net/unix`, 'latin1')) ?? [];
    expect(name).toMatch(/^[0-9a-f]{32}$/);
    const names = readFileSync(`/proc/${launcherPid()}/net/unix`, 'latin1').match(/annex-launcher-\w+/g) ?? [];
    const stranger = `
      const { connect } = require('node:net');
      const names = ${JSON.stringify([...new Set(names)])};
      let left = names.length;
      for (const name of names) connect('\\0' + name, function () { this.write('1.1             '); })
        .on('error', () => undefined).on('close', () => (left -= 1) === 0 && console.log('shown out')).resume();`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', stranger]);
    expect(stdout.trim()).toBe('shown out');
    expect(await saidBy(startProcess(shell('echo still there'), { streams: [1] }))).toBe('still there\n');
  });

  it('leaves it to its parent when to stop, and its programs stop when they are told', async () => {
    const launcher = launcherPid() ?? -1;
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.kill(launcher, signal);
      const program = startProcess(shell(`kill -${signal.slice(3)} $$; sleep 1000`), { streams: [] });
      expect(await program.exited).toEqual({ code: null, signal });
    }
    expect(launcherPid()).toBe(launcher);
  });

  it('takes its programs with it when it is killed, and the next program finds another', async () => {
    const before = launcherPid() ?? -1;
    const program = startProcess(shell('echo begun; exec sleep 1000'), { streams: [1] });
    await new Promise((resolve) => (program.streams[0] as Duplex).once('data', resolve));
    // It may speak before the launcher has told of it.
    await until(() => program.pid !== undefined);
    const { pid = -1 } = program;
    process.kill(before, 'SIGKILL');
    expect(await program.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await until(() => !isAlive(before) && !isAlive(pid));
    expect(await saidBy(startProcess(shell('echo meanwhile'), { streams: [1] }))).toBe('meanwhile\n');
    await beginLauncher();
    expect(launcherPid()).not.toBe(before);
    expect(await saidBy(startProcess(shell('echo again'), { streams: [1] }))).toBe('again\n');
  });
});
