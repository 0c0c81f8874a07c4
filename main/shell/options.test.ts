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
      '--no-screen',
      '--models-dir',
      '/m',
    ];
    expect(parseShellOptions('./data', 'node')).toEqual({
      data: '/d',
      models: 'default',
      modelsDir: '/m',
      port: 8080,
      open: false,
      screen: false,
    });
  });

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
