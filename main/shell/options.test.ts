import { afterEach, describe, expect, it, vi } from 'vitest';
import { layoutOf, parseShellOptions } from './options.ts';

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
    });
  });

  it('names the data folder before the environment does, and that before the default', () => {
    vi.stubEnv('LINTEL_DATA', '/env');
    process.argv = ['node', 'browser.ts'];
    expect(parseShellOptions('./data', 'node').data).toBe('/env');
    process.argv = ['node', 'browser.ts', '--data', '/d'];
    expect(parseShellOptions('./data', 'node').data).toBe('/d');
  });

  it('names the set of networks, or the environment does', () => {
    vi.stubEnv('LINTEL_MODELS', 'clean');
    process.argv = ['node', 'browser.ts'];
    expect(parseShellOptions('./data', 'node').models).toBe('clean');
    process.argv = ['node', 'browser.ts', '--models', 'default'];
    expect(parseShellOptions('./data', 'node').models).toBe('default');
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
