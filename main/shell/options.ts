import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { ModelChoice } from '#contract';
import { modelChoiceOption } from '../process/index.ts';
import type { AssetFolders } from '#core/assets';

/** Where an installation keeps what it was built from and with. */
export interface Layout extends AssetFolders {
  readonly modelsDir: string;
}

/** @param root the folder of `package.json`; `resources` is where a packaged build keeps large files, if it is one */
export function layoutOf(root: string, resources: string | null = null): Layout {
  const modelsDir = resolve(resources ?? root, 'models');
  return {
    modelsDir,
    weightsDir: resolve(modelsDir, 'weights'),
    rendererDir: resolve(root, 'dist/renderer'),
    mediapipeDir:
      resources === null
        ? resolve(root, 'node_modules/@mediapipe/tasks-vision/wasm')
        : resolve(resources, 'mediapipe'),
  };
}

export interface ShellOptions {
  readonly data: string;
  readonly models: ModelChoice;
  readonly modelsDir?: string;
  readonly port: number;
  /** Forget the operator's PIN at this start. */
  readonly resetPin?: boolean;
  /** Take pictures of a made-up camera, for development. */
  readonly fakeCamera?: boolean;
  /** False to run as a station: stills, lamps and buzzers. */
  readonly screen: boolean;
  /** False to only serve and print the address. */
  readonly open: boolean;
  /** Where a screen of another user is given its address, instead of opening one here. */
  readonly screenSocket?: string;
  /** Where the next launch finds which page is admitted, after a crash. */
  readonly sessionFile?: string;
}

/** Reads the command line of either shell; prints help or what is wrong, and exits, where that is asked for. */
export function parseShellOptions(defaultData: string, from: 'node' | 'electron'): ShellOptions {
  const command = new Command('lintel-appliance')
    .description('Opens the kiosk.')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .option('--data <dir>', 'folder of the store and the settings', process.env['LINTEL_DATA'] ?? defaultData)
    .addOption(modelChoiceOption())
    .option('--models-dir <dir>', 'folder of the networks and calibration tables')
    .option('--fake-camera', 'for development: take pictures of a made-up camera')
    .option('--reset-pin', "forget the operator's PIN, and print a set-up code for another");
  if (from === 'node') {
    command
      .option('--port <number>', 'port on 127.0.0.1, 0 for any free one', parsePort, 0)
      .option('--no-open', 'open no browser, only print the address')
      .addOption(
        new Option(
          '--no-screen',
          'a station: stills of its camera, lamps and buzzers, and no proof; opens no door',
        ).conflicts(['fakeCamera', 'resetPin', 'port', 'screenSocket', 'sessionFile']),
      )
      .option('--screen-socket <path>', 'open no browser; give its address to the screen of another user')
      .option('--session-file <path>', 'keep there, in memory, which page goes on after a crash');
  } else {
    // Chromium's own switches stand on the same command line.
    command.allowUnknownOption().allowExcessArguments();
  }
  return {
    port: 0,
    open: true,
    screen: true,
    ...command
      .parse(process.argv, { from })
      .opts<Partial<ShellOptions> & Pick<ShellOptions, 'data' | 'models'>>(),
  };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('A port is 0 to 65535.');
  return port;
}
