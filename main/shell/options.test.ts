import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { layoutOf, parseShellOptions } from './options.ts';

const ENTRY = fileURLToPath(new URL('../browser.ts', import.meta.url));
const original = process.argv;
afterEach(() => {
  process.argv = original;
  Object.assign(process, { defaultApp: undefined });
  vi.unstubAllEnvs();
});

describe('the command line', () => {
  it('of the browser shell', () => {
    process.argv = ['node', 'browser.ts'];
    expect(parseShellOptions('./data', 'node')).toEqual({
      data: './data',
      models: 'default',
      port: 0,
      open: true,
      screen: true,
    });
    process.argv = [
      'node',
      'browser.ts',
      '--data',
      '/d',
      '--port',
      '8080',
      '--no-open',
      '--models-dir',
      '/m',
    ];
    expect(parseShellOptions('./data', 'node')).toEqual({
      data: '/d',
      models: 'default',
      modelsDir: '/m',
      port: 8080,
      open: false,
      screen: true,
    });
    process.argv = ['node', 'browser.ts', '--no-open', '--no-screen'];
    expect(parseShellOptions('./data', 'node')).toMatchObject({ open: false, screen: false });
  });

  it.each([['--fake-camera'], ['--reset-pin'], ['--port', '8080']])(
    'of a station is refused what it would pass over: %s',
    async (...words) => {
      const { promise, resolve } = Promise.withResolvers<[code: unknown, stderr: string]>();
      execFile(process.execPath, [ENTRY, '--no-screen', ...words], (error, _stdout, stderr) =>
        resolve([error?.code, stderr]),
      );
      const [code, stderr] = await promise;
      expect([code, stderr]).toEqual([2, expect.stringContaining(words[0])]);
    },
  );

  it.each([
    { option: 'data', variable: 'LINTEL_DATA', environment: '/env', given: '/d' },
    { option: 'models', variable: 'LINTEL_MODELS', environment: 'clean', given: 'default' },
  ] as const)('takes --$option before $variable, and that before the default', (each) => {
    vi.stubEnv(each.variable, each.environment);
    process.argv = ['node', 'browser.ts'];
    expect(parseShellOptions('./data', 'node')[each.option]).toBe(each.environment);
    process.argv = ['node', 'browser.ts', `--${each.option}`, each.given];
    expect(parseShellOptions('./data', 'node')[each.option]).toBe(each.given);
  });

  it('of Electron is shared with switches of Chromium', () => {
    Object.assign(process, { defaultApp: true });
    process.argv = [
      'electron',
      '--inspect=0',
      '--remote-debugging-port=0',
      '/app',
      '--data',
      '/d',
      '--use-x',
    ];
    expect(parseShellOptions('/default', 'electron').data).toBe('/d');
    process.argv = ['electron', '/app'];
    expect(parseShellOptions('/default', 'electron').data).toBe('/default');
  });

  it('of a packaged application has no script', () => {
    process.argv = ['/opt/Lintel/lintel', '--data', '/d'];
    expect(parseShellOptions('/default', 'electron').data).toBe('/d');
  });
});

describe('the layout', () => {
  it('of a checkout and of a package', () => {
    expect(layoutOf('/app')).toEqual({
      modelsDir: '/app/models',
      weightsDir: '/app/models/weights',
      rendererDir: '/app/dist/renderer',
      mediapipeDir: '/app/node_modules/@mediapipe/tasks-vision/wasm',
    });
    expect(layoutOf('/r/app.asar', '/r')).toEqual({
      modelsDir: '/r/models',
      weightsDir: '/r/models/weights',
      rendererDir: '/r/app.asar/dist/renderer',
      mediapipeDir: '/r/mediapipe',
    });
  });
});
