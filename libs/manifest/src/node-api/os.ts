/** `node:os`: there is no machine to tell of, so everything is empty; `EOL` and `constants` are what code expects. */
const none = (): never[] => [];

export default {
  EOL: '\n',
  devNull: '/dev/null',
  constants: { signals: {}, errno: {}, priority: {} },
  arch: () => '',
  availableParallelism: () => 1,
  cpus: none,
  endianness: () => 'LE',
  freemem: () => 0,
  homedir: () => '/',
  hostname: () => 'localhost',
  loadavg: () => [0, 0, 0],
  machine: () => '',
  networkInterfaces: () => ({}),
  platform: () => 'browser',
  release: () => '',
  tmpdir: () => '/tmp',
  totalmem: () => 0,
  type: () => 'Annex',
  uptime: () => 0,
  userInfo: () => ({ username: '', uid: -1, gid: -1, shell: null, homedir: '/' }),
  version: () => '',
};
