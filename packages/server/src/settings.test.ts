import { expect, test } from 'vitest';
import { parseSettings } from './command-line.ts';
import { DEFAULT_SETTINGS } from './settings.ts';
import { SettingsError } from './settings-error.ts';

const token = 'sixteen-or-more-characters';
const environment = { TURNTAPE_TOKEN: token };

test('[SRV-20] the defaults: this machine only, one port, no other origin', () => {
  expect(parseSettings(['--data', 'd'], environment)).toEqual({ ...DEFAULT_SETTINGS, data: 'd', token });
  expect(DEFAULT_SETTINGS).toMatchObject({ port: 8787, host: '127.0.0.1', origins: [], maxBytes: 67_108_864 });
});

test('[SRV-20] the command line comes before the environment', () => {
  const args = ['--data=d', '--port', '0', '--host', '::1', '--max-bytes', '2048', '--token', 'another-long-token'];
  const origins = ['--origin', 'http://localhost:5173', '--origin', 'https://app.example'];
  expect(parseSettings([...args, ...origins], environment)).toEqual({
    ...DEFAULT_SETTINGS,
    data: 'd',
    port: 0,
    host: '::1',
    maxBytes: 2048,
    token: 'another-long-token',
    origins: ['http://localhost:5173', 'https://app.example'],
  });
});

test('[SRV-20] a random token may begin with a dash', () => {
  expect(parseSettings(['--data', 'd', '--token', '-a-token-with-a-dash'], {}).token).toBe('-a-token-with-a-dash');
});

test.each([
  [[], '--data', 'say where'],
  [['--data', ''], '--data', 'say where'],
  [['--data', 'd', '--port', '70000'], '--port', '1 to 65535'],
  [['--data', 'd', '--port', 'http'], '--port', '"http" is not a whole number'],
  [['--data', 'd', '--host', ''], '--host', '127.0.0.1'],
  [['--data', 'd', '--max-bytes', '10'], '--max-bytes', 'at least 1024'],
  [['--data', 'd', '--origin', 'http://a.example/path'], '--origin', 'only: http://a.example'],
  [['--data', 'd', '--origin', 'app'], '--origin', 'https://app.example'],
  [['--data', 'd', '--token', 'short'], '--token', 'at least 16'],
  [['--data', 'd', '--token', 'sixteen or more, with blanks'], '--token', 'without blanks'],
  [['--data', 'd', '--colour', 'red'], '--colour', 'See --help'],
  [['--data', 'd', 'extra'], 'command line', 'See --help'],
  [['--data'], '--data', 'See --help'],
])('[SRV-20] %j is refused with the name of the setting and the fix', (args, setting, fix) => {
  const parse = () => parseSettings(args, environment);
  expect(parse).toThrow(SettingsError);
  expect(parse).toThrow(fix);
  expect(parse).toThrow(expect.objectContaining({ setting }));
});

test('[SRV-20] without a token there is no server, and the message says how to make one', () => {
  expect(() => parseSettings(['--data', 'd'], {})).toThrow(/--token: no token is set.*randomBytes.*TURNTAPE_TOKEN/s);
});
