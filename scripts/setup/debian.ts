import { spawnSync } from 'node:child_process';
import { say } from './paths.ts';

/** A program that Debian packages bring. */
interface Program {
  readonly names: readonly string[];
  readonly packages: readonly string[];
  readonly purpose: string;
}

const program = (names: readonly string[], packages: readonly string[], purpose: string): Program => ({
  names,
  packages,
  purpose,
});

export const CHROMIUM = program(
  ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'],
  ['chromium', 'fonts-noto-core'],
  'a browser for the kiosk screen and the end-to-end tests',
);

export const STILL_CAMERA = program(['fswebcam'], ['fswebcam'], 'pictures from a camera without a screen');

const CURL = program(['curl'], ['curl'], 'the examples of the Realeyes API in the tests');

// Of the system's own programs, which not everybody has in their path.
const MOSQUITTO = program(
  ['mosquitto', '/usr/sbin/mosquitto'],
  ['mosquitto'],
  'a broker for the tests of doors by MQTT',
);

// Debian keeps the server's own programs out of everybody's path.
const POSTGRESQL = program(
  ['postgres', '/usr/lib/postgresql/*/bin/postgres'],
  ['postgresql'],
  'a database for the tests of the store on PostgreSQL',
);

const OPENSSL = program(['openssl'], ['openssl'], 'a certificate for the test of the server behind TLS');

const IPROUTE = program(['ip'], ['iproute2'], 'the test of two hosts with a bad line between them');

export const X_SERVER = program(
  ['Xorg'],
  ['xserver-xorg-core', 'xserver-xorg-video-dummy', 'xkb-data'],
  'a display and a touch screen for the escape drill',
);

export const X_PICTURES = program(['xwd'], ['x11-apps'], 'what the escape drill sees');

export const X_KEYS = program(['xdotool'], ['xdotool'], 'the keys of the escape drill');

export const COMPOSITOR = program(
  ['cage'],
  ['cage', 'xwayland'],
  'the compositor of a kiosk, for the escape drill',
);

/** What the tests and the demo need. */
export const TEST_PROGRAMS = [
  CHROMIUM,
  COMPOSITOR,
  CURL,
  IPROUTE,
  MOSQUITTO,
  OPENSSL,
  POSTGRESQL,
  STILL_CAMERA,
  X_KEYS,
  X_PICTURES,
  X_SERVER,
];

/** The program's path, or null. */
export function find({ names }: Program): string | null {
  for (const name of names) {
    const { status, stdout } = spawnSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
    if (status === 0) return stdout.trim();
  }
  return null;
}

/**
 * Makes sure the programs are there: installs their Debian packages when this process may.
 * @throws Error that says what to install when it may not
 */
export function ensure(programs: readonly Program[]): void {
  const missing = programs.filter((program) => find(program) === null);
  if (missing.length === 0) return;
  const packages = missing.flatMap((program) => program.packages);
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) {
    const wanted = missing.map(({ names, purpose }) => `${names[0]} (${purpose})`).join(', ');
    throw new Error(`Missing: ${wanted}. On Debian run: sudo apt-get install ${packages.join(' ')}`);
  }
  say(`Installing Debian packages: ${packages.join(' ')} …`);
  apt('update', '-qq');
  apt('install', '-y', '-qq', '--no-install-recommends', ...packages);
}

function apt(...args: string[]): void {
  // A machine just started may be busy with its own updates.
  args.push('-o', 'DPkg::Lock::Timeout=300');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status } = spawnSync('apt-get', args, { stdio: ['ignore', 2, 2], env });
  if (status !== 0) throw new Error(`apt-get ${args[0]} failed.`);
}
